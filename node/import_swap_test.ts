/**
 * The graph cell is swapped while links are imported: none is lost or doubled,
 * and who asks meanwhile never sees fewer than before.
 */
import { ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { Refusal } from "./api.ts";
import { builtComponent, relabelled } from "./testing/components.ts";
import { importInto } from "./testing/importing.ts";
import { writeLinks } from "./testing/links.ts";
import { until, withNode } from "./testing/node.ts";
import { governor, signedSwap } from "./testing/proposals.ts";

const LINKS = 30_000;
const PARTICLES = 3_000;
const SEED = 20_261_121;
const WAIT_MS = 120_000;
const run = Effect.runPromise;

Deno.test("graph is swapped while importing: every link is there, once", async () => {
  const folder = await Deno.makeTempDir({ prefix: "karyon-import-" });
  const file = `${folder}/links.tsv`;
  writeLinks(file, LINKS, PARTICLES, SEED);
  await withNode(async (test) => {
    const { node } = test;
    const key = await governor(test.dataDir, "identity");
    const swapFor = async (label: string) => {
      const component = relabelled(builtComponent("graph"), label);
      const text = await signedSwap(node.network, "graph", component, [key]);
      return await run(node.api.propose(text, component));
    };
    let batches = 0;
    let isDone = false;
    let refused = 0;
    // As a person does: after a refusal the same command again.
    const importing = (async () => {
      while (!isDone) {
        try {
          await importInto(node, "tsv", file, () => batches += 1);
          isDone = true;
        } catch (error) {
          if (!(error instanceof Refusal)) throw error;
          refused += 1;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    })();
    await until("it imports", WAIT_MS, () => batches > 0);
    let known = 0;
    let asked = 0;
    let isSwapped = false;
    const watching = (async () => {
      while (!isSwapped) {
        const { links } = await run(node.census);
        ok(links >= known, `${links} links after ${known}`);
        known = links;
        asked += 1;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    })();
    const report = await swapFor("while importing");
    isSwapped = true;
    await watching;
    strictEqual(report.state, "executed");
    ok(asked > 1, `${asked} answers meanwhile`);
    await until("the import is done", WAIT_MS, () => isDone);
    await importing;
    console.log(`  ${batches} batches, ${refused} refusals meanwhile`);
    await until("every link is there", WAIT_MS, async () => {
      const { links } = await run(node.census);
      ok(links <= LINKS, `${links} links`);
      return links === LINKS;
    });
    const cells = await run(node.api.cells());
    const graph = cells.find(({ name }) => name === "graph");
    strictEqual(`01${graph?.hash}`, report.component);
    strictEqual(graph?.faults, 0);
    ok(batches > 1);
  });
  await Deno.remove(folder, { recursive: true });
});
