/** Signals composed ahead of the record: each behind one that is not there yet. */
import assert from "node:assert/strict";
import type { ChainEnd } from "../../wit/gen/graph_ledger.ts";
import { fresh, refusal } from "./testing/fresh.ts";
import { valueOf } from "./testing/graph_cell.ts";
import { signed } from "./testing/signals.ts";

const VECTORS = new URL(
  "../../conformance/vectors/graph/signal.json",
  import.meta.url,
);

/** What is used here of the golden signals. */
interface Vectors {
  readonly network: { readonly name: string; readonly id: string };
  readonly neuron: { readonly id: string };
  readonly signals: readonly (
    & Record<"draft" | "body" | "id", string>
    & { readonly time: number }
  )[];
}

Deno.test("compose: makes the golden chain before any of it is appended", async () => {
  const { network, neuron, signals }: Vectors = JSON.parse(
    await Deno.readTextFile(VECTORS),
  );
  const cell = await fresh(network.name);
  const compose = (
    { time, draft }: Vectors["signals"][number],
    after: ChainEnd | undefined,
  ) =>
    cell.ledger.compose(
      Uint8Array.fromHex(neuron.id),
      Uint8Array.fromHex(network.id),
      BigInt(time),
      after,
      Uint8Array.fromHex(draft),
    );
  let after = cell.ledger.head(Uint8Array.fromHex(neuron.id));
  const entries: { signal: Uint8Array; contents: Uint8Array }[] = [];
  for (const vector of signals) {
    const { body, contents, signal } = valueOf(compose(vector, after));
    assert.strictEqual(body.toHex(), vector.body);
    assert.strictEqual(signal.toHex(), vector.id);
    entries.push({ signal: signed(body), contents });
    after = { nextStep: after.nextStep + 1n, previous: signal };
  }
  // All at once; a content that came with an earlier one is passed over.
  const receipts = valueOf(cell.ledger.append(entries, undefined));
  assert.deepStrictEqual(
    receipts.map(({ signal }) => signal.toHex()),
    signals.map(({ id }) => id),
  );
  const [vector] = signals;
  assert.ok(vector !== undefined);
  const bad = [
    { nextStep: 1n, previous: new Uint8Array(33) },
    { nextStep: 0n, previous: after.previous },
    { nextStep: 1n, previous: after.previous.subarray(1) },
  ];
  for (const end of bad) {
    assert.strictEqual(refusal(compose(vector, end))[0], "malformed");
  }
});
