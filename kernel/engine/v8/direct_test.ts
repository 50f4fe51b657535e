/**
 * Direct calls between two real instances.
 *
 * Plan: a caller and a called cell made from text, a link that records. Control:
 * after the first call the host's own way is not taken. Then each side lies or
 * ends in each phase of a call, and only that side ends, with the right kind;
 * post-return runs once on every path; who is replaced lets go; ticks are
 * counted for who runs; nothing is parked inside of a call, and what may park
 * calls the other way; a caller without stack ends itself.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { PARK, RUNNING } from "../hart_words.ts";
import { LIE, WHAT, withPair as withPairIn } from "./test_pair.ts";

const MODES = ["trap", "park"] as const;

/** The same where nothing can park, and behind gates. */
const withPair = async (
  body: Parameters<typeof withPairIn>[0],
  how: Parameters<typeof withPairIn>[1] = {},
): Promise<void> => {
  const modes = how.mode === undefined ? MODES : [how.mode];
  for (const mode of modes) await withPairIn(body, { ...how, mode });
};

const ANSWERED = 104;
const GONE = 1;

Deno.test("control: after the first call the host is not asked", () =>
  withPair(({ go, posts, slow, link }) => {
    strictEqual(go(WHAT.answer), 111);
    for (let at = 0; at < 10; at += 1) strictEqual(go(WHAT.answer), ANSWERED);
    strictEqual(slow(), 1);
    strictEqual(posts(), 10);
    strictEqual(link.entered, 10);
    strictEqual(link.left, 10);
    deepStrictEqual(link.failures, []);
  }));

Deno.test("where the link is shut, replaced or empty, the host is asked", () =>
  withPair(({ go, slow, link, another, mouth }) => {
    go(WHAT.answer);
    link.isOpen = false;
    strictEqual(go(WHAT.answer), 111);
    link.isOpen = true;
    strictEqual(go(WHAT.answer), ANSWERED);
    link.now = another();
    strictEqual(go(WHAT.answer), 111, "it finds the new one");
    strictEqual(go(WHAT.answer), ANSWERED);
    link.now = undefined;
    strictEqual(go(WHAT.answer), 111);
    link.now = mouth;
    strictEqual(go(WHAT.answer), 111);
    mouth.dispose();
    strictEqual(go(WHAT.answer), 111, "it has let go");
    strictEqual(slow(), 6);
    strictEqual(link.failures.length, 0);
  }));

Deno.test("with fuel the host is always asked", () =>
  withPair(({ go, slow }) => {
    for (let at = 0; at < 5; at += 1) strictEqual(go(WHAT.answer), 111);
    strictEqual(slow(), 5);
  }, { mode: "fuel" }));

const ENDS: Record<string, readonly [keyof typeof WHAT, string, number]> = {
  "a trap": ["trap", "trap", 0],
  "a lie in the result": ["lieInResult", "abi", 0],
  "a text that is not UTF-8": ["lieInText", "abi", 0],
  "endless recursion": ["recurse", "stack", 0],
  "a trap in its allocator": ["trapInRealloc", "trap", 0],
  "a lie of its allocator": ["lieInRealloc", "abi", 0],
  "a trap in post-return": ["trapInPost", "trap", 1],
  "its allocator calls out": ["callInRealloc", "abi", 0],
  "its clean-up calls out": ["callInPost", "abi", 1],
};

for (const [what, [order, kind]] of Object.entries(ENDS)) {
  Deno.test(`the called cell ends alone: ${what}`, () =>
    withPair(({ go, tell, link, ear, mouth }) => {
      go(WHAT.answer);
      strictEqual(go(WHAT.answer), ANSWERED, "control");
      tell(WHAT[order]);
      strictEqual(go(WHAT[order]), GONE);
      strictEqual(mouth.ended?.kind, kind);
      strictEqual(link.failures.length, 1);
      strictEqual(link.failures[0]?.trap, mouth.ended);
      strictEqual(link.failures[0]?.isCallers, false);
      strictEqual(link.left, link.entered);
      strictEqual(ear.ended, undefined);
      strictEqual(go(WHAT.answer), 111, "the host is asked again");
    }));
}

const LIES: Record<
  string,
  readonly [keyof typeof LIE, string, number]
> = {
  "a pointer outside": ["pointer", "abi", 1],
  "a text that is not UTF-8": ["notUtf8", "abi", 1],
  "a return pointer outside": ["returnPointer", "abi", 1],
  "a trap in its allocator": ["trapInRealloc", "trap", 2],
  "a lie of its allocator": ["lieInRealloc", "abi", 2],
  "its allocator calls out": ["callInRealloc", "abi", 2],
};

for (const [what, [lie, kind, posts]] of Object.entries(LIES)) {
  Deno.test(`the caller ends alone: ${what}`, () =>
    withPair((pair) => {
      const { go, link, ear, mouth } = pair;
      go(WHAT.answer);
      strictEqual(go(WHAT.answer), ANSWERED, "control");
      strictEqual(go(WHAT.answer, LIE[lie]), kind);
      strictEqual(ear.ended?.kind, kind);
      strictEqual(mouth.ended, undefined);
      deepStrictEqual(link.failures, []);
      strictEqual(link.left, link.entered);
      strictEqual(pair.posts(), posts, "post-return once for each answer");
    }));
}

Deno.test("the called cell is stopped at its own deadline", () =>
  withPair(({ go, link, ear, mouth }) => {
    go(WHAT.answer);
    strictEqual(go(WHAT.spin), GONE);
    strictEqual(mouth.ended?.kind, "deadline");
    strictEqual(link.failures[0]?.isCallers, false);
    ok((link.failures[0]?.forMs ?? 0) > 0);
    ok(mouth.takeDirectMs() > 0, "its ticks were counted");
    strictEqual(mouth.takeDirectMs(), 0);
    strictEqual(ear.takeDirectMs(), 0);
    strictEqual(go(WHAT.answer), 111, "its caller has time left");
  }, { limitMs: 30 }));

Deno.test("stopped at the caller's deadline, it is not to blame", () =>
  withPair(({ go, link, mouth }) => {
    go(WHAT.answer);
    const told = go(WHAT.spin, LIE.none, 30);
    ok(told === "deadline" || told === GONE);
    strictEqual(mouth.ended?.kind, "deadline");
    strictEqual(link.failures[0]?.isCallers, true);
  }));

Deno.test("a caller stopped in its allocator leaves no post-return out", () =>
  withPair((pair) => {
    const { go, link, mouth } = pair;
    go(WHAT.answer);
    strictEqual(go(WHAT.answer, LIE.spinInRealloc, 30), "deadline");
    strictEqual(mouth.ended, undefined);
    deepStrictEqual(link.failures, []);
    strictEqual(pair.posts(), 1);
  }));

Deno.test("nobody is parked inside of a call, and it is noted who runs", () =>
  withPair(({ go, tell, words, seen }) => {
    go(WHAT.answer);
    words[PARK] = 7;
    words[RUNNING] = 0;
    strictEqual(go(WHAT.answer), ANSWERED);
    strictEqual(seen().park, 0);
    ok(seen().running > RUNNING);
    deepStrictEqual([words[PARK], words[RUNNING]], [7, 0]);
    tell(WHAT.trap);
    strictEqual(go(WHAT.trap), GONE);
    deepStrictEqual([words[PARK], words[RUNNING]], [7, 0]);
  }, { mode: "trap" }));

Deno.test("a call that may park takes the other way, also in between", () =>
  withPair(async ({ ear, go, goParkable, slow, link }) => {
    strictEqual(go(WHAT.answer), 111);
    strictEqual(go(WHAT.answer), ANSWERED, "control");
    for (let at = 1; at <= 3; at += 1) {
      strictEqual(await goParkable(ear, WHAT.answer), 111);
      strictEqual(slow(), 1 + at);
      strictEqual(go(WHAT.answer), ANSWERED);
      strictEqual(link.entered, 1 + at);
    }
  }, { mode: "park" }));

Deno.test("who settles inside of a direct call ends no burst", () =>
  withPair(async (pair) => {
    const { another, goParkable, hear, hooks, link, mouth, settle } = pair;
    let settled = 0;
    const inside: unknown[] = [];
    const other = hear();
    // The host's code, called in a slice of one cell, calls others.
    hooks.looked = () => {
      hooks.looked = () => {
        settled += 1;
        settle();
      };
      inside.push(other(WHAT.answer), other(WHAT.answer), other(WHAT.trap));
    };
    link.now = another();
    strictEqual(await goParkable(mouth, WHAT.answer, 3), 0, "it goes on");
    deepStrictEqual(inside, [111, ANSWERED, GONE]);
    strictEqual(settled, 2);
  }, { mode: "park" }));

const DEPTH_MAX = 2 ** 20;
/** Depths around the first that does not end well. */
const SWEEP = 24;

Deno.test("a caller with its stack full ends itself", () =>
  withPair(({ hear, mouth, link }) => {
    const seen = new Set<unknown>();
    const ends = (depth: number) => {
      const go = hear();
      go(WHAT.answer);
      const end = go(WHAT.answer, LIE.dive + depth);
      strictEqual(mouth.ended, undefined, `depth ${depth}: ${end}`);
      strictEqual(link.left, link.entered);
      seen.add(end);
      return end;
    };
    strictEqual(ends(10), ANSWERED, "control: not deep");
    strictEqual(ends(DEPTH_MAX), "stack", "control: too deep");
    let [well, badly] = [10, DEPTH_MAX];
    while (badly - well > 1) {
      const middle = (well + badly) >> 1;
      if (ends(middle) === ANSWERED) well = middle;
      else badly = middle;
    }
    for (let depth = well - SWEEP; depth < well + SWEEP; depth += 1) {
      ends(depth);
    }
    deepStrictEqual([...seen], [ANSWERED, "stack"]);
  }));
