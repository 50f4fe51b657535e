import { ok, strictEqual, throws } from "node:assert/strict";
import { registerSuite } from "../../../conformance/hal/suite/register.ts";
import { TIMER_SUITE } from "../../../conformance/hal/timer/timer_suite.ts";
import { subject } from "./testing/fixture.ts";
import { webTimer } from "./timer.ts";

registerSuite("web/timer", TIMER_SUITE, subject);

Deno.test("web/timer: a clock that goes back stands still, and is told", () => {
  let ms = 100;
  const timer = webTimer({ clock: () => ms += 0.25 });
  ok(timer.now() > 0n);
  strictEqual(timer.health().tag, "ok");
  const before = timer.now();
  ms = 50;
  strictEqual(timer.now(), before);
  strictEqual(timer.health().tag, "degraded");
});

Deno.test("web/timer: the clock's step is measured", () => {
  let looks = 0;
  const coarse = webTimer({ clock: () => Math.floor(looks++ / 10) * 0.1 });
  strictEqual(coarse.describe().resolution, 100n);
  strictEqual(coarse.setEvery(99n).tag, "err");
  strictEqual(webTimer({ clock: () => 1 }).describe().resolution, 1n);
  throws(() => webTimer({ alarmsMax: 1 }), RangeError);
});
