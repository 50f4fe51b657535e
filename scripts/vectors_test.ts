/** The committed vectors are what their scripts make today. */
import { strictEqual } from "node:assert/strict";
import { graphVectors } from "./vectors_graph.ts";
import { trustVectors } from "./vectors_trust.ts";

const folder = new URL("../conformance/vectors/", import.meta.url);

async function same(name: string, text: string): Promise<void> {
  strictEqual(await Deno.readTextFile(new URL(name, folder)), text, name);
}

Deno.test("conformance/vectors/graph is up to date", async () => {
  for (const [name, text] of await graphVectors()) {
    await same(`graph/${name}`, text);
  }
});

Deno.test("conformance/vectors/composite and governance are up to date", async () => {
  for (const [name, text] of await trustVectors()) await same(name, text);
});
