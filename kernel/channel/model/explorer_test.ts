import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import type { Words } from "../words.ts";
import { explore, type Scenario, type Teller } from "./explorer.ts";
import type { Dependence, Script } from "./run.ts";

/** Two threads on a few words; collects how they can end. */
function ends(first: Script, second: Script): string[] {
  const found = new Set<string>();
  const { violation } = explore({
    words: 4,
    constants: 0,
    init: () => {},
    threads: [{ name: "first", run: first }, { name: "second", run: second }],
    check: ([a, b]) => {
      found.add(`${a?.seen} ${b?.seen}`);
      return undefined;
    },
  });
  if (violation !== undefined) throw new Error(violation);
  return [...found].sort();
}

const storeThenLoad =
  (mine: number, other: number): Script => (words, { see }) => {
    words.store(mine, 1);
    see(words.load(other));
  };

Deno.test("all orders of atomic accesses are tried, and no other", () => {
  deepStrictEqual(ends(storeThenLoad(0, 1), storeThenLoad(1, 0)), [
    "0 1",
    "1 0",
    "1 1",
  ]);
  const counts: Script = (words, { see }) => {
    const now = words.load(0);
    see(words.compareExchange(0, now, now + 1) === now ? 1 : 0);
  };
  deepStrictEqual(ends(counts, counts), ["0 1", "1 0", "1 1"]);
});

/** One thread hands a plain word to the other by word 0. */
function handsOver(publish: (words: Words) => void): Scenario {
  return {
    words: 4,
    constants: 0,
    init: () => {},
    threads: [{
      name: "giver",
      run: (words) => {
        words.set(1, 7);
        publish(words);
      },
    }, {
      name: "taker",
      run: (words, { see }) => {
        if (words.load(0) === 1) see(words.get(1));
      },
    }],
    check: ([, taker]) =>
      taker?.seen.includes(0) ? "it was taken before it was there" : undefined,
  };
}

Deno.test("a plain access that nothing orders is a race", () => {
  const fine = handsOver((words) => words.store(0, 1));
  strictEqual(explore(fine).violation, undefined, "the control");
  const early = handsOver((words) => {
    words.store(0, 1);
    words.set(1, 8);
  });
  match(explore(early).violation ?? "", /races with/);
  // A failed exchange publishes nothing.
  const failed = handsOver((words) => {
    words.compareExchange(0, 1, 2);
    words.set(0, 1);
  });
  match(explore(failed).violation ?? "", /races with/);
});

Deno.test("a sleeper that nobody wakes is found, and a loop without end", () => {
  const scenario = (run: Script): Scenario => ({
    words: 1,
    constants: 0,
    init: () => {},
    threads: [{ name: "it", run }],
    check: () => undefined,
  });
  const sleeps = scenario((words) => void words.wait(0, 0, 1));
  match(explore(sleeps).violation ?? "", /it sleeps for ever/);
  const loops = scenario((words) => {
    while (words.load(0) === 0);
  });
  match(explore(loops).violation ?? "", /does not end/);
  const many = scenario((words, { op }: Teller) =>
    op("many", 2, () => {
      for (let i = 0; i < 3; i++) words.load(0);
    })
  );
  match(explore(many).violation ?? "", /many makes more accesses/);
  const outside = scenario((words) => void words.load(1));
  match(explore(outside).violation ?? "", /outside of memory/);
});

Deno.test("a death can come between any two steps", () => {
  const seen = new Set<string>();
  const { violation } = explore({
    words: 1,
    constants: 0,
    init: () => {},
    threads: [{
      name: "mortal",
      mortal: true,
      run: (words, { see }) => {
        see(1);
        words.store(0, 1);
        see(2);
      },
    }, {
      name: "heir",
      after: 0,
      run: (words, { see }) => see(words.load(0)),
    }],
    check: (threads) => {
      seen.add(threads.map((one) => one.seen.join("")).join(" "));
      return undefined;
    },
  });
  strictEqual(violation, undefined);
  deepStrictEqual([...seen].sort(), [" 0", "1 0", "1 1", "12 1"]);
});

Deno.test("marks merge states, and lose no end", () => {
  const script = (marks: boolean): Script => (words, { see, mark }) => {
    let last = 0;
    for (let i = 0; i < 4; i++) {
      const on: Dependence[] = [i];
      if (marks) mark("loop", ...on);
      words.or(0, 1 << i);
      last = words.load(0);
    }
    see(last);
  };
  const run = (marks: boolean) =>
    explore({
      words: 1,
      constants: 0,
      init: () => {},
      threads: [0, 1].map((at) => ({ name: `${at}`, run: script(marks) })),
      check: ([a, b]) =>
        a?.seen[0] === 15 && b?.seen[0] === 15 ? undefined : "lost a bit",
    });
  const plain = run(false);
  const marked = run(true);
  strictEqual(plain.violation, undefined);
  strictEqual(marked.violation, undefined);
  strictEqual(marked.states < plain.states, true);
});
