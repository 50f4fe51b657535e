/**
 * Known failures of one driver on one platform, each with its reason.
 *
 * `{"behaviour/the-case": {"expect": "fail", "reason": "…", "link": "…"}}`. A
 * case that fails as expected is not red; one that passes although it is
 * expected to fail is, so that the list cannot go stale.
 */

export interface Expectation {
  /** `skip`: not run at all, where running it would do harm. */
  readonly expect: "fail" | "skip";
  readonly reason: string;
  readonly link?: string;
}

export type Expectations = ReadonlyMap<string, Expectation>;

/** The file does not say what it should; the message says where. */
export class BadExpectations extends Error {
  override readonly name = "BadExpectations";
}

/** Reads the text of a file; every entry must name one of `known` cases. */
export function readExpectations(
  text: string,
  known: ReadonlySet<string>,
): Expectations {
  const value = parsed(text);
  if (!isRecord(value)) throw new BadExpectations("is not a JSON object");
  const all = new Map<string, Expectation>();
  for (const [id, entry] of Object.entries(value)) {
    if (!known.has(id)) {
      throw new BadExpectations(`${id}: there is no such case`);
    }
    all.set(id, expectationOf(id, entry));
  }
  return all;
}

function expectationOf(id: string, entry: unknown): Expectation {
  if (!isRecord(entry)) throw new BadExpectations(`${id}: is not an object`);
  const { expect, reason, link, ...others } = entry;
  if (expect !== "fail" && expect !== "skip") {
    throw new BadExpectations(`${id}: expect is "fail" or "skip"`);
  }
  if (typeof reason !== "string" || reason.trim() === "") {
    throw new BadExpectations(`${id}: a reason is missing`);
  }
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new BadExpectations(`${id}: there is no ${unknown}`);
  }
  if (link === undefined) return { expect, reason };
  if (typeof link !== "string" || !/^https?:\/\//.test(link)) {
    throw new BadExpectations(`${id}: link is no web address`);
  }
  return { expect, reason, link };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BadExpectations("is not JSON");
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
