/** Rounds of diffusion over many blocks of rows: every bit is that of one block after the other. */
import { deepStrictEqual, notDeepStrictEqual } from "node:assert/strict";
import { GraphModel } from "./testing/graph_model.ts";
import { openRank } from "./testing/rank_cell.ts";

const BLOCK = 4_096;
/** Two times four blocks, one more, and a piece. */
const COUNT = 9 * BLOCK + 100;
const ROUNDS = 6;

/** Each particle but the first links to the one at half its number. */
const LINKS = Array.from({ length: COUNT - 1 }, (_, at) => ({
  origin: at + 1,
  target: (at + 1) >>> 1,
  weight: 1n,
}));

/** Block by block, in the order of rows. */
function total(values: Float64Array, block: number): number {
  let sum = 0;
  for (let from = 0; from < values.length; from += block) {
    let part = 0;
    for (const value of values.subarray(from, from + block)) part += value;
    sum += part;
  }
  return sum;
}

/** The data model's rounds; particles with more links come first. */
function rounds(block: number) {
  const degree = new Float64Array(COUNT);
  for (const { origin, target } of LINKS) {
    degree[origin]! += 1;
    degree[target]! += 1;
  }
  const order = Uint32Array.from(degree, (_, at) => at)
    .sort((a, b) => degree[b]! - degree[a]! || a - b);
  const row = new Uint32Array(COUNT);
  order.forEach((particle, at) => row[particle] = at);
  const volume = 2 * LINKS.length;
  let now = new Float64Array(COUNT).fill(1 / COUNT);
  const residuals: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    // Only particle 0 has no way out.
    const stuck = now.map((value, at) => order[at] === 0 ? value : 0);
    const sent = now.map((value, at) => order[at] === 0 ? 0 : value);
    const base = (0.15 + 0.85 * total(stuck, block)) * (1 / volume);
    const then = now.map((_, at) => {
      const particle = order[at]!;
      const from = [2 * particle, 2 * particle + 1]
        .filter((origin) => origin > 0 && origin < COUNT)
        .map((origin) => row[origin]!)
        .sort((a, b) => a - b);
      const sum = from.reduce((whole, origin) => whole + sent[origin]!, 0);
      return base * degree[particle]! + 0.85 * sum;
    });
    const mass = total(then, block);
    const next = then.map((value) => value / mass);
    residuals.push(
      total(next.map((value, at) => Math.abs(value - now[at]!)), block),
    );
    now = next;
  }
  return {
    residuals: new Float64Array(residuals),
    vector: new Float64Array(COUNT).map((_, at) => now[row[at]!]!),
  };
}

Deno.test("blocks: four side by side have the bits of one after the other", async () => {
  const cell = (await openRank(new GraphModel(LINKS))).start([
    ["operators", "diffusion"],
    ["acceleration", "0"],
    ["tolerance", "1e-300"],
    ["rounds-max", `${ROUNDS}`],
  ]);
  cell.settle();
  const found = {
    residuals: new Float64Array(cell.residuals()),
    vector: new Float64Array(cell.vector()),
  };
  deepStrictEqual(found, rounds(BLOCK));
  // Control: sums in another order have other bits.
  notDeepStrictEqual(found, rounds(COUNT));
});
