/**
 * Whether a driver did with a case of the onnx package what it has to.
 *
 * - a model that the contract has no place for is refused
 * - one with an operator that the driver says it lacks is refused by its name
 * - one that the driver is known not to pass ends in the way that is written down,
 *   with a reason; one that passes all the same is red, too
 * - every other one passes
 */
import { type OnnxCase, outsideContract } from "./case.ts";
import type { Ended } from "./run.ts";

export interface Expectation {
  readonly cases: readonly string[];
  /** `random`: what comes out is another thing each time, and not judged. */
  readonly end: Exclude<Ended["end"], "passed" | "broken"> | "random";
  readonly reason: string;
}

/** What is known of a driver beforehand. */
export interface Known {
  /** The operators that it has; undefined: as many as the contract takes. */
  readonly operators?: ReadonlySet<string>;
  readonly expectations: readonly Expectation[];
}

export interface Verdict {
  /** `outside` of the contract, `absent` and `expected` are as they should be. */
  readonly verdict: "passed" | "outside" | "absent" | "expected" | "red";
  readonly why: string;
}

export function judge(one: OnnxCase, ended: Ended, known: Known): Verdict {
  const { end, what } = ended;
  const red = (wanted: string): Verdict => ({
    verdict: "red",
    why: `${wanted}; it ended as ${end}: ${what}`,
  });
  const outside = outsideContract(one);
  if (outside !== undefined) {
    return end === "refused"
      ? { verdict: "outside", why: outside }
      : red(`is to be refused, for it has ${outside}`);
  }
  const { operators } = known;
  const absent = one.operators.filter((name) =>
    operators !== undefined && !operators.has(name)
  );
  if (absent.length > 0) {
    return end === "refused" && absent.some((name) => names(what, name))
      ? { verdict: "absent", why: what }
      : red(`is to be refused by the name of ${absent.join(" or ")}`);
  }
  const expected = known.expectations.find(({ cases }) =>
    cases.includes(one.name)
  );
  if (expected === undefined) {
    return end === "passed"
      ? { verdict: "passed", why: "" }
      : red("is to pass");
  }
  const isSo = expected.end === "random"
    ? end === "passed" || end === "mismatch"
    : end === expected.end;
  return isSo
    ? { verdict: "expected", why: expected.reason }
    : red(`is known as ${expected.end}`);
}

function names(text: string, name: string): boolean {
  return text.split(/\W+/).includes(name);
}

/** Throws where the text is no list of expectations, or names no case twice over. */
export function readExpectations(
  text: string,
  names: ReadonlySet<string>,
): Expectation[] {
  const all: unknown = JSON.parse(text);
  if (!Array.isArray(all)) throw new Error("expectations are a list");
  const seen = new Set<string>();
  return all.map((one: Expectation) => {
    if (typeof one.reason !== "string" || one.reason === "") {
      throw new Error(`no reason for ${JSON.stringify(one.cases)}`);
    }
    for (const name of one.cases) {
      if (seen.has(name)) throw new Error(`${name} is there twice`);
      if (!names.has(name)) throw new Error(`there is no case ${name}`);
      seen.add(name);
    }
    return one;
  });
}
