/**
 * What a decoder has to be for the campaign: seeds, and a verdict on octets.
 *
 * A target takes octets or refuses them. Whatever else happens is a finding: it
 * throws, traps, does not end, asks for memory without bound, changes its input,
 * or breaks a promise of its own, which it says by throwing `Broken`.
 */
import { Result } from "effect";
import { equalOctets, fromUtf8, utf8 } from "../../kernel/crypto/mod.ts";

export type Chance = () => number;
export type Verdict = "taken" | "refused";

/** How changes of its octets are drawn. */
export type Form = "octets" | "json" | "lines";

/** A decoder ready to be run. */
export interface Subject {
  /** Octets that it has to take. */
  readonly seeds: readonly Uint8Array[];
  /** Must come to the same verdict whenever it is `renew`ed before. */
  run(octets: Uint8Array): Verdict | Promise<Verdict>;
  /** Forgets what the runs before left behind; absent where they leave nothing. */
  renew?(): Promise<void>;
  /** Octets of memory outside of the heap that it holds now. */
  held?(): number;
}

export interface Target {
  readonly name: string;
  /** What it decodes, in a few words. */
  readonly about: string;
  readonly form: Form;
  /** Of one input; `OCTETS_MAX` where it is absent. */
  readonly octetsMax?: number;
  /** How many times the work of others a case is; the gate runs fewer then. */
  readonly cost?: number;
  /** A change of its own, in place of the ones of its form in half of the cases. */
  readonly change?: (octets: Uint8Array, chance: Chance) => Uint8Array;
  open(): Promise<Subject>;
}

/** Octets of one input, unless a target says otherwise. */
export const OCTETS_MAX = 64 * 1024;

/** A promise that does not hold. */
export class Broken extends Error {
  override readonly name = "Broken";
}

export function hold(holds: boolean, otherwise: string): asserts holds {
  if (!holds) throw new Broken(otherwise);
}

/** What was taken has one spelling: the octets that were given. */
export function isCanonical(given: Uint8Array, again: Uint8Array): void {
  if (equalOctets(given, again)) return;
  let at = 0;
  while (given[at] === again[at]) at += 1;
  throw new Broken(
    `it takes ${given.length} octets and encodes ${again.length} others: ` +
      `octet ${at} was ${given[at]}, is ${again[at]}`,
  );
}

/** What was taken may be spelt otherwise, but once only. */
export function isSettled(first: string, again: string): void {
  hold(first === again, "written, read and written again it is not the same");
}

/** A verdict for decoders that answer with a `Result`. */
export function judged<A, E>(
  decoded: Result.Result<A, E>,
  isRefusal: (failure: E) => boolean,
  taken: (value: A) => void = () => {},
): Verdict {
  if (Result.isSuccess(decoded)) {
    taken(decoded.success);
    return "taken";
  }
  hold(isRefusal(decoded.failure), `a refusal of no kind: ${decoded.failure}`);
  return "refused";
}

/** The value of something that a seed is made of. */
export function good<A, E>(result: Result.Result<A, E>): A {
  if (Result.isSuccess(result)) return result.success;
  throw new Error(`a seed cannot be made: ${result.failure}`);
}

/** A target that reads text: octets that are no UTF-8 do not reach it. */
export function textTarget(
  target: Omit<Target, "open" | "form"> & {
    readonly form?: Form;
    seeds(): readonly string[] | Promise<readonly string[]>;
    run(text: string): Verdict | Promise<Verdict>;
  },
): Target {
  const { seeds, run, ...rest } = target;
  return {
    form: "json",
    ...rest,
    open: async () => ({
      seeds: (await seeds()).map(utf8),
      run: (octets) => {
        const text = fromUtf8(octets);
        return text === undefined ? "refused" : run(text);
      },
    }),
  };
}

/** A target that keeps nothing from one run to the next. */
export function octetsTarget(
  target: Omit<Target, "open" | "form"> & {
    readonly form?: Form;
    seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
    run(octets: Uint8Array): Verdict | Promise<Verdict>;
  },
): Target {
  const { seeds, run, ...rest } = target;
  return {
    form: "octets",
    ...rest,
    open: async () => ({ seeds: await seeds(), run }),
  };
}

const ROOT = new URL("../../", import.meta.url);

/** A text of the project, from its root. */
export function textOf(path: string): string {
  return Deno.readTextFileSync(new URL(path, ROOT));
}

export function octetsOf(path: string): Uint8Array {
  return Deno.readFileSync(new URL(path, ROOT));
}

/** A small file of golden vectors. */
export function vectors(name: string) {
  return JSON.parse(textOf(`conformance/vectors/${name}.json`));
}

export const fromHex = (digits: string): Uint8Array =>
  Uint8Array.fromHex(digits);
