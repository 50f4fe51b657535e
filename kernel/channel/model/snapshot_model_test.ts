import { match, strictEqual } from "node:assert/strict";
import { explore } from "./explorer.ts";
import {
  ForgetsReaders,
  ReadsSecretly,
  ShowsFirst,
  SwapsBlindly,
} from "./snapshot_mutants.ts";
import { type SnapshotCase, snapshots } from "./snapshot_scenarios.ts";

function holds(claim: string, given: SnapshotCase): void {
  Deno.test(`snapshot, all orders: ${claim}`, () => {
    const { violation, states, ends } = explore(snapshots(given));
    strictEqual(violation, undefined);
    console.log(`  ${states} states, ${ends} ends`);
  });
}

function finds(fault: string, as: RegExp, given: SnapshotCase): void {
  Deno.test(`snapshot, all orders: a fault is found: ${fault}`, () => {
    match(explore(snapshots(given)).violation ?? "nothing was found", as);
  });
}

const one: SnapshotCase = { readers: 1, publishes: 4, reads: 3 };

holds("a reader gets whole versions, none too old", one);
holds("two readers do", { readers: 2, publishes: 2, reads: 2 });
holds("the writer dies, its successor goes on", {
  readers: 1,
  publishes: 2,
  reads: 2,
  writerDies: true,
});
holds("a reader dies, its successor goes on", {
  readers: 1,
  publishes: 3,
  reads: 2,
  readerDies: true,
});

finds("a reader that does not say what it reads", /races with/, {
  ...one,
  reader: (words) => new ReadsSecretly(words),
});
finds("a writer that forgets who reads", /races with/, {
  ...one,
  writer: (words) => new ForgetsReaders(words),
});
finds("a writer that does not see late readers", /races with/, {
  ...one,
  writer: (words) => new SwapsBlindly(words),
});
finds("published before it is filled", /races with/, {
  ...one,
  writer: (words) => new ShowsFirst(words),
});
