/**
 * The package graph of Debian: a real index in, ranks out, checked against the
 * independent reference.
 *
 * `deno task debian:index` gets the index; without it this test says that it
 * was left out.
 */
import { ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { distance, rank } from "../conformance/cells/rank/reference.ts";
import { toHex } from "../kernel/crypto/mod.ts";
import { readsOf } from "./local/local_node.ts";
import { importInto } from "./testing/importing.ts";
import { withNode } from "./testing/node.ts";
import { allLinks, settledRanks } from "./testing/ranks.ts";

const INDEX = "build/debian/Packages";
const L1_MAX = 1e-9;
const PACKAGES_MIN = 60_000;

function hasIndex(): boolean {
  try {
    return Deno.statSync(INDEX).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

Deno.test("ranks of a Debian index agree with the reference", async () => {
  if (!hasIndex()) {
    console.log(`  left out: ${INDEX} is not there (deno task debian:index)`);
    return;
  }
  await withNode(async ({ node }) => {
    await importInto(node, "packages", INDEX);
    const ranks = await settledRanks(node, 600_000);
    const links = await allLinks(node);
    ok(links.length > PACKAGES_MIN, `${links.length} links`);
    const expected = rank(links);
    const l1 = distance(ranks, expected.focus);
    console.log(
      `  ${links.length} links, ${expected.particles} ranked, L1 ${l1}`,
    );
    ok(l1 < L1_MAX, `L1 distance ${l1}`);
    const [first] = await Effect.runPromise(node.api.top(1));
    const best = expected.focus.reduce(
      (best, focus, i, all) => focus > (all[best] ?? 0) ? i : best,
      0,
    );
    const described = await Effect.runPromise(readsOf(node).describe(best));
    ok(described.tag === "ok" && described.val !== undefined);
    strictEqual(first?.cid, toHex(described.val.id));
    const found = await Effect.runPromise(node.api.search("libc6", 5));
    strictEqual(found.items[0]?.text, "libc6");
  });
});
