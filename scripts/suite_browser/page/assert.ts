/**
 * The assertions of `node:assert/strict` that the suites use, for a page.
 *
 * A page has no `node:` modules; its import map leads here instead, so that the
 * suites read the same everywhere. A suite that uses another one does not link,
 * and the browser names it. `assert_test.ts` compares each with the original.
 *
 * Deliberately absent: differences drawn line by line.
 */
export class AssertionError extends Error {
  override readonly name = "AssertionError";
  readonly code = "ERR_ASSERTION";
}

/** A text, or an error to be thrown in place of the assertion's own. */
type Message = string | Error | undefined;

function broken(message: Message, text: () => string): never {
  if (message instanceof Error) throw message;
  throw new AssertionError(message ?? text());
}

export function fail(message?: Message): never {
  broken(message, () => "Failed");
}

export function ok(value: unknown, message?: Message): asserts value {
  if (!value) broken(message, () => `${show(value)} is not true`);
}

export function strictEqual<T>(
  actual: unknown,
  expected: T,
  message?: Message,
): asserts actual is T {
  if (Object.is(actual, expected)) return;
  broken(message, () => `${show(actual)} is not ${show(expected)}`);
}

export function notStrictEqual(
  actual: unknown,
  expected: unknown,
  message?: Message,
): void {
  if (!Object.is(actual, expected)) return;
  broken(message, () => `${show(actual)} is what it must not be`);
}

export function deepStrictEqual<T>(
  actual: unknown,
  expected: T,
  message?: Message,
): asserts actual is T {
  if (isSame(actual, expected)) return;
  broken(message, () => difference(actual, expected));
}

export function notDeepStrictEqual(
  actual: unknown,
  expected: unknown,
  message?: Message,
): void {
  if (!isSame(actual, expected)) return;
  broken(message, () => `${show(actual)} is what it must not be`);
}

export function match(text: string, pattern: RegExp, message?: Message): void {
  if (typeof text === "string" && pattern.test(text)) return;
  broken(message, () => `${show(text)} does not match ${pattern}`);
}

export function doesNotMatch(
  text: string,
  pattern: RegExp,
  message?: Message,
): void {
  if (typeof text === "string" && !pattern.test(text)) return;
  broken(message, () => `${show(text)} matches ${pattern}`);
}

/** What an error has to be: its class, its text, or a judge. */
type Expected =
  | RegExp
  // deno-lint-ignore ban-types -- a class or a judge, told apart as node does
  | Function
  | Readonly<Record<string, unknown>>;

export function throws(
  run: () => unknown,
  expected?: Expected | string,
  message?: Message,
): void {
  try {
    run();
  } catch (error) {
    return judge(error, expected, message);
  }
  broken(messageOf(expected, message), () => "nothing was thrown");
}

export async function rejects(
  run: Promise<unknown> | (() => Promise<unknown>),
  expected?: Expected | string,
  message?: Message,
): Promise<void> {
  try {
    await (typeof run === "function" ? run() : run);
  } catch (error) {
    return judge(error, expected, message);
  }
  broken(messageOf(expected, message), () => "it was not rejected");
}

function messageOf(
  expected: Expected | string | undefined,
  message: Message,
): Message {
  return typeof expected === "string" ? expected : message;
}

function judge(
  error: unknown,
  expected: Expected | string | undefined,
  message: Message,
): void {
  if (expected === undefined || typeof expected === "string") return;
  if (expected instanceof RegExp) {
    return ok(expected.test(String(error)), message ?? `it was ${error}`);
  }
  if (typeof expected === "function") {
    if (isErrorClass(expected)) {
      if (error instanceof expected) return;
      throw error;
    }
    return ok(expected(error) === true, message ?? `it was ${error}`);
  }
  const fields = error as Record<string, unknown>;
  for (const [name, value] of Object.entries(expected)) {
    const found = fields[name];
    if (value instanceof RegExp && typeof found === "string") {
      match(found, value, message);
    } else deepStrictEqual(found, value, message);
  }
}

type ErrorClass = abstract new (...args: never[]) => unknown;

// deno-lint-ignore ban-types -- narrowed here
function isErrorClass(value: Function): value is ErrorClass {
  return value === Error || value.prototype instanceof Error;
}

/** Strictly the same: prototypes, own keys, and `Object.is` at the ends. */
function isSame(
  one: unknown,
  other: unknown,
  above: readonly (readonly [object, object])[] = [],
): boolean {
  if (Object.is(one, other)) return true;
  if (!isObject(one) || !isObject(other)) return false;
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  // Two rings are the same if they close at the same place.
  const seen = above.find(([a, b]) => a === one || b === other);
  if (seen !== undefined) return seen[0] === one && seen[1] === other;
  const path = [...above, [one, other] as const];
  const same = (a: unknown, b: unknown) => isSame(a, b, path);
  return isSameInside(one, other, same) && isSameByKeys(one, other, same);
}

type Same = (one: unknown, other: unknown) => boolean;

/** What an object holds that is not under a key. */
function isSameInside(one: object, other: object, same: Same): boolean {
  if (one instanceof Error && other instanceof Error) {
    return one.name === other.name && one.message === other.message &&
      same(one.cause, other.cause);
  }
  if (one instanceof Date && other instanceof Date) {
    return Object.is(one.getTime(), other.getTime());
  }
  if (one instanceof RegExp && other instanceof RegExp) {
    return String(one) === String(other) && one.lastIndex === other.lastIndex;
  }
  if (one instanceof ArrayBuffer && other instanceof ArrayBuffer) {
    return same(new Uint8Array(one), new Uint8Array(other));
  }
  if (one instanceof Map && other instanceof Map) {
    return one.size === other.size &&
      [...one].every(([key, value]) =>
        other.has(key)
          ? same(value, other.get(key))
          : [...other].some((entry) => same([key, value], entry))
      );
  }
  if (one instanceof Set && other instanceof Set) {
    return one.size === other.size &&
      [...one].every((value) =>
        other.has(value) || [...other].some((found) => same(value, found))
      );
  }
  return true;
}

function isSameByKeys(one: object, other: object, same: Same): boolean {
  const [keys, others] = [keysOf(one), keysOf(other)];
  return keys.length === others.length &&
    keys.every((key) =>
      others.includes(key) &&
      same(Reflect.get(one, key), Reflect.get(other, key))
    );
}

function keysOf(value: object): readonly (string | symbol)[] {
  return Reflect.ownKeys(value).filter((key) =>
    Object.prototype.propertyIsEnumerable.call(value, key)
  );
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Where two values first differ, and how. */
function difference(actual: unknown, expected: unknown, at = ""): string {
  if (isObject(actual) && isObject(expected)) {
    for (const key of [...keysOf(actual), ...keysOf(expected)]) {
      const [one, other] = [
        Reflect.get(actual, key),
        Reflect.get(expected, key),
      ];
      if (!isSame(one, other)) {
        return difference(one, other, `${at}/${String(key)}`);
      }
    }
  }
  const where = at === "" ? "" : `at ${at}: `;
  return `${where}${show(actual)} is not ${show(expected)}`;
}

const SHOWN_CHARS_MAX = 400;

function show(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(
      value,
      (_, inner) => typeof inner === "bigint" ? `${inner}n` : inner,
    );
  } catch {
    text = undefined;
  }
  return (text ?? String(value)).slice(0, SHOWN_CHARS_MAX);
}

export default ok;
