/**
 * Query parameters: declared once, then parsed, bounded and documented.
 */
import { Result, Schema } from "effect";
import { Problem } from "./problem.ts";
import { CID_PATTERN, textOf } from "./schemas.ts";

interface Described {
  readonly about: string;
}

export interface IntegerParameter extends Described {
  readonly kind: "integer";
  readonly schema: Schema.Codec<number>;
  readonly bounds: string;
  readonly otherwise: number;
}

export interface TextParameter extends Described {
  readonly kind: "text";
  readonly schema: Schema.Codec<string>;
  readonly bounds: string;
  readonly required: boolean;
}

export type Parameter = IntegerParameter | TextParameter;

/** An integer with bounds and a default. */
export function integer(
  about: string,
  bounds: {
    readonly minimum: number;
    readonly maximum: number;
    readonly otherwise: number;
  },
): IntegerParameter {
  const { minimum, maximum, otherwise } = bounds;
  return {
    kind: "integer",
    about,
    schema: Schema.Int.check(Schema.isBetween({ minimum, maximum })),
    bounds: `an integer from ${minimum} to ${maximum}`,
    otherwise,
  };
}

/** A text that must be there. */
export function text(about: string, octetsMax: number) {
  return {
    kind: "text",
    about,
    schema: textOf(octetsMax).check(Schema.isMinLength(1)),
    bounds: `1 to ${octetsMax} octets of text`,
    required: true,
  } as const satisfies TextParameter;
}

/** Some identities, with commas between them. */
export function cids(about: string, most: number) {
  const one = CID_PATTERN.source.slice(1, -1);
  const some = new RegExp(`^${one}(,${one}){0,${most - 1}}$`);
  return {
    kind: "text",
    about,
    schema: Schema.String.check(Schema.isPattern(some)),
    bounds: `1 to ${most} identities, with a comma between two: ` +
      "01 and 64 lower-case hexadecimal digits each",
    required: true,
  } as const satisfies TextParameter;
}

/** An identity that may be left out. */
export function optionalCid(about: string) {
  return {
    kind: "text",
    about,
    schema: Schema.String.check(Schema.isPattern(CID_PATTERN)),
    bounds: "66 lower-case hexadecimal digits that begin with 01",
    required: false,
  } as const satisfies TextParameter;
}

/** The same list as of `cids`, which may be left out. */
export function optionalCids(about: string, most: number) {
  return { ...cids(about, most), required: false } as const;
}

const WHOLE = /^(0|[1-9][0-9]{0,14})$/u;

/** A whole number, such as a height, that may be left out; as its digits. */
export function optionalWhole(about: string) {
  return {
    kind: "text",
    about,
    schema: Schema.String.check(Schema.isPattern(WHOLE)),
    bounds: "a whole number from 0, without leading zeros",
    required: false,
  } as const satisfies TextParameter;
}

/** What such a parameter says. */
export function wholeOf(digits: string | undefined): number | undefined {
  return digits === undefined ? undefined : Number(digits);
}

/** One of a few words, or none. */
export function optionalChoice<const W extends string>(
  about: string,
  words: ReadonlyArray<W>,
) {
  return {
    kind: "text",
    about,
    schema: Schema.Literals(words),
    bounds: `one of ${words.join(", ")}`,
    required: false,
  } as const satisfies Described & Omit<TextParameter, "schema"> & {
    schema: Schema.Codec<W>;
  };
}

/** A text that may be left out. */
export function optionalText(about: string, octetsMax: number) {
  return {
    kind: "text",
    about,
    schema: textOf(octetsMax),
    bounds: `at most ${octetsMax} octets of text`,
    required: false,
  } as const satisfies TextParameter;
}

/** One of a few words. */
export function choice<const W extends string>(
  about: string,
  words: ReadonlyArray<W>,
) {
  return {
    kind: "text",
    about,
    schema: Schema.Literals(words),
    bounds: `one of ${words.join(", ")}`,
    required: true,
  } as const satisfies Described & Omit<TextParameter, "schema"> & {
    schema: Schema.Codec<W>;
  };
}

export type Parameters = Readonly<
  Record<
    string,
    | IntegerParameter
    | (Omit<TextParameter, "schema"> & {
      readonly schema: Schema.Codec<string>;
    })
  >
>;

export type Values<P extends Parameters> = {
  readonly [K in keyof P]: P[K] extends { readonly required: false }
    ? P[K]["schema"]["Type"] | undefined
    : P[K]["schema"]["Type"];
};

/** The declared parameters' values; refuses what is unknown, twice or wrong. */
export function parseParameters<P extends Parameters>(
  declared: P,
  query: ReadonlyArray<readonly [string, string]>,
): Values<P> {
  const given = new Map<string, string>();
  for (const [name, value] of query) {
    if (!Object.hasOwn(declared, name)) throw unknown(declared, name);
    if (given.has(name)) {
      throw new Problem("invalid", `parameter ${name} is given twice`);
    }
    given.set(name, value);
  }
  const values: Record<string, unknown> = {};
  for (const [name, parameter] of Object.entries(declared)) {
    values[name] = valueOf(name, parameter, given.get(name));
  }
  return values as Values<P>;
}

function valueOf(
  name: string,
  parameter: Parameters[string],
  given: string | undefined,
): unknown {
  if (given === undefined) {
    if (parameter.kind === "integer") return parameter.otherwise;
    if (!parameter.required) return undefined;
    throw new Problem(
      "invalid",
      `parameter ${name} is missing: ${parameter.bounds}`,
    );
  }
  const schema: Schema.Codec<string | number> = parameter.schema;
  const plain = /^(0|[1-9][0-9]{0,15})$/u.test(given);
  const decoded = Schema.decodeUnknownResult(schema)(
    parameter.kind === "integer" && plain ? Number(given) : given,
  );
  if (Result.isSuccess(decoded)) return decoded.success;
  throw new Problem("invalid", `parameter ${name} must be ${parameter.bounds}`);
}

function unknown(declared: Parameters, name: string): Problem {
  const names = Object.keys(declared);
  const printable = JSON.stringify(name.slice(0, 40));
  return new Problem(
    "invalid",
    names.length === 0
      ? `parameter ${printable} is unknown; there are none here`
      : `parameter ${printable} is unknown; there is ${names.join(", ")}`,
  );
}
