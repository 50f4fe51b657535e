/**
 * The page's assertions say what `node:assert/strict` says.
 *
 * Under Deno 2.9 the named `equal`, `deepEqual` and their opposites are those of
 * `node:assert`, which are not strict: no test uses them (scripts/tidy.ts).
 */
import original from "node:assert/strict";
import * as page from "./page/assert.ts";

type Assert = Pick<
  typeof original,
  "strictEqual" | "notStrictEqual" | "deepStrictEqual" | "notDeepStrictEqual"
>;

function ring(value: number): object {
  const made: Record<string, unknown> = { value };
  made.itself = made;
  return made;
}

class Named {
  constructor(readonly value: number) {}
}

const VALUES: readonly unknown[] = [
  undefined,
  null,
  0,
  -0,
  NaN,
  1,
  1n,
  "1",
  "",
  true,
  [],
  {},
  [1],
  [1, undefined],
  [, 1],
  [undefined, 1],
  { a: 1 },
  { a: 1, b: undefined },
  { b: undefined, a: 1 },
  { a: [1, { b: NaN }] },
  { a: [1, { b: 0 }] },
  new Named(1),
  new Named(2),
  { value: 1 },
  new Uint8Array([1, 2]),
  new Uint8Array([1, 3]),
  new Uint8Array([1, 2]).buffer,
  new Uint16Array([1, 2]),
  new Map([["a", 1]]),
  new Map([["a", 2]]),
  new Map([[{ k: 1 }, 1]]),
  new Map([[{ k: 1 }, 1]]),
  new Set([1, 2]),
  new Set([2, 1]),
  new Set([{ k: 1 }]),
  new Error("one"),
  new Error("two"),
  new TypeError("one"),
  new Error("one", { cause: 1 }),
  new Date(0),
  new Date(1),
  /a/,
  /a/g,
  ring(1),
  ring(2),
  Symbol.iterator,
];

const copyOf = (value: unknown): unknown => {
  try {
    return value instanceof Named
      ? new Named(value.value)
      : structuredClone(value);
  } catch {
    return value;
  }
};

function holds(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch {
    return false;
  }
}

async function holdsLate(run: () => Promise<unknown>): Promise<boolean> {
  try {
    await run();
    return true;
  } catch {
    return false;
  }
}

/** With a text of its own an assertion need not draw the difference. */
const SAID = "said";

Deno.test("assert: two values are the same where the original says so", () => {
  const names = [
    "strictEqual",
    "notStrictEqual",
    "deepStrictEqual",
    "notDeepStrictEqual",
  ] as const;
  for (const [at, one] of VALUES.entries()) {
    for (const [to, value] of VALUES.entries()) {
      for (const other of [value, copyOf(value)]) {
        for (const name of names) {
          const say = (assert: Assert) =>
            holds(() =>
              (assert[name] as Assert["strictEqual"])(one, other, SAID)
            );
          original.strictEqual(
            say(page),
            say(original),
            `${name} of ${at} and ${to}`,
          );
        }
      }
    }
    original.strictEqual(
      holds(() => page.ok(one)),
      holds(() => original.ok(one)),
    );
  }
});

class Wrong extends Error {}

/** What a run may end with, and what may be asked of it. */
const ENDS: readonly (() => unknown)[] = [
  () => 1,
  () => {
    throw new Wrong("it was wrong");
  },
  () => {
    throw new TypeError("it was a type");
  },
];
const ASKED: readonly Parameters<typeof original.throws>[1][] = [
  Error,
  Wrong,
  TypeError,
  /wrong/,
  /right/,
  (error: unknown) => error instanceof Wrong,
  { message: "it was wrong" },
  { message: /wrong/, name: "Error" },
  { message: "it was right" },
];

Deno.test("assert: what is thrown is judged as by the original", async () => {
  for (const [at, end] of ENDS.entries()) {
    for (const [to, asked] of ASKED.entries()) {
      const ask = asked as RegExp;
      const where = `end ${at}, asked ${to}`;
      original.strictEqual(
        holds(() => page.throws(end, ask)),
        holds(() => original.throws(end, ask)),
        where,
      );
      // deno-lint-ignore require-await -- it is to reject
      const late = async () => end();
      original.strictEqual(
        await holdsLate(() => page.rejects(late, ask)),
        await holdsLate(() => original.rejects(late, ask)),
        where,
      );
    }
    original.strictEqual(
      holds(() => page.throws(end, "said")),
      holds(() => original.throws(end, "said")),
    );
  }
});

Deno.test("assert: texts, messages and failures", () => {
  original.strictEqual(holds(() => page.match("abc", /b/)), true);
  original.strictEqual(holds(() => page.match("abc", /d/)), false);
  original.strictEqual(holds(() => page.doesNotMatch("abc", /d/)), true);
  original.strictEqual(holds(() => page.doesNotMatch("abc", /b/)), false);
  const own = new Error("own");
  original.throws(() => page.ok(false, own), own);
  original.throws(() => page.strictEqual(1, 2, "said"), /AssertionError: said/);
  original.throws(
    () => page.deepStrictEqual([{ a: 1n }], [{}]),
    /at \/0\/a: "1n" is/,
  );
  original.throws(
    () => page.deepStrictEqual([ring(1)], [ring(2)]),
    /at \/0\/value: 1/,
  );
  original.throws(
    () => page.deepStrictEqual(new Set([1]), new Set([2])),
    /is not/,
  );
  original.throws(() => page.fail(), page.AssertionError);
});
