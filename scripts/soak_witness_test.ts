import { strictEqual } from "node:assert/strict";
import { type Sighting, waitedMs } from "./soak_witness.ts";

/** Asked at that time, answered at once; the cells ran whenever they could. */
const seen = (
  atMs: number,
  cellsMs: number,
  tickerMs: number,
  more: Partial<Sighting> = {},
): Sighting => ({
  askedMs: atMs,
  answeredMs: atMs,
  ranMs: atMs - cellsMs,
  cellsMs,
  tickerMs,
  helpersMs: [0, 0],
  ...more,
});

Deno.test("soak's witness: control: who had a processor did not wait", () => {
  const sightings = [seen(0, 7, 3), seen(2, 7, 3), seen(4, 7, 3)];
  strictEqual(waitedMs(sightings, { fromMs: 1, toMs: 3 }), 0);
});

Deno.test("soak's witness: the longer wait of the two counts, each time", () => {
  const sightings = [
    seen(0, 10, 10),
    seen(2, 11, 12),
    seen(4, 13, 12),
    seen(6, 13, 12),
  ];
  strictEqual(waitedMs(sightings, { fromMs: 0, toMs: 6 }), 4);
});

Deno.test("soak's witness: what was before and behind does not count", () => {
  const sightings = [
    seen(0, 0, 0),
    seen(2, 50, 0),
    seen(4, 51, 0),
    seen(6, 51, 0),
    seen(8, 90, 0),
  ];
  strictEqual(waitedMs(sightings, { fromMs: 2.5, toMs: 5 }), 1);
});

Deno.test("soak's witness: V8's threads count while the cells' thread slept", () => {
  const helpersMs = [1, 9];
  const ran = [seen(0, 0, 0), seen(10, 0, 0, { helpersMs })];
  strictEqual(waitedMs(ran, { fromMs: 0, toMs: 10 }), 0, "it ran meanwhile");
  const slept = [seen(0, 0, 0), seen(10, 0, 0, { helpersMs, ranMs: 4 })];
  strictEqual(waitedMs(slept, { fromMs: 0, toMs: 10 }), 6);
});
