import { match, strictEqual } from "node:assert/strict";
import { explore } from "./explorer.ts";
import {
  LeavesNothing,
  LooksSecretly,
  NamesFirst,
  TicksFirst,
  UsesAgainAtOnce,
} from "./table_mutants.ts";
import { type TableCase, tables } from "./table_scenarios.ts";

function holds(claim: string, given: TableCase): void {
  Deno.test(`table, all orders: ${claim}`, () => {
    const { violation, states, ends } = explore(tables(given));
    strictEqual(violation, undefined);
    console.log(`  ${states} states, ${ends} ends`);
  });
}

function finds(fault: string, as: RegExp, given: TableCase): void {
  Deno.test(`table, all orders: a fault is found: ${fault}`, () => {
    match(explore(tables(given)).violation ?? "nothing was found", as);
  });
}

/** Keys 1 and 2 have the same first bucket. */
const busy: TableCase = {
  changes: [
    ["set", 1],
    ["set", 2],
    ["delete", 1],
    ["set", 1],
    ["set", 1],
    ["set", 1],
    ["set", 1],
  ],
  readers: [[[2, 1], [2]]],
};

holds("values are whole and not too old, entries are used again", busy);
holds("two readers", {
  changes: [["set", 1], ["set", 1]],
  readers: [[[1]], [[1]]],
});
holds("the writer dies, its successor goes on", {
  changes: [["set", 1], ["set", 1]],
  readers: [[[1]]],
  writerDies: true,
});
holds("a reader dies, its successor goes on", {
  changes: [["set", 1], ["set", 1], ["set", 1], ["set", 1]],
  readers: [[[1]]],
  readerDies: true,
});

finds("a reader that does not say that it looks", /races with/, {
  ...busy,
  reader: (words) => new LooksSecretly(words),
});
finds("entries that are used again at once", /races with/, {
  ...busy,
  writer: (words) => new UsesAgainAtOnce(words),
});
finds("a clock that goes on too early", /races with/, {
  ...busy,
  writer: (words) => new TicksFirst(words),
});
finds("an entry that is named before it is filled", /races with/, {
  ...busy,
  writer: (words) => new NamesFirst(words),
});
finds("a deletion that hides other keys", /not found/, {
  ...busy,
  writer: (words) => new LeavesNothing(words),
});
