import { ok, strictEqual } from "node:assert/strict";
import { Histogram } from "./histogram.ts";

Deno.test("quantiles are within one bucket of the truth", () => {
  const histogram = new Histogram();
  for (let us = 1; us <= 1000; us += 1) histogram.record(us);
  for (const [q, truth] of [[0.5, 500], [0.99, 990]] as const) {
    const got = histogram.quantileUs(q);
    ok(got >= truth && got <= truth * 1.08, `${q}: ${got}`);
  }
});

Deno.test("an empty histogram says 0, an extreme one stays in bounds", () => {
  const histogram = new Histogram();
  strictEqual(histogram.quantileUs(0.99), 0);
  histogram.record(0);
  histogram.record(1e12);
  strictEqual(histogram.total, 2);
  ok(histogram.quantileUs(1) > 1e9);
});

Deno.test("what two have recorded is what one would have", () => {
  const [one, two, both] = [new Histogram(), new Histogram(), new Histogram()];
  for (let us = 1; us <= 1000; us += 1) {
    (us % 3 === 0 ? one : two).record(us);
    both.record(us);
  }
  one.add(two);
  strictEqual(one.total, 1000);
  for (const q of [0, 0.1, 0.5, 0.99, 1]) {
    strictEqual(one.quantileUs(q), both.quantileUs(q));
  }
});
