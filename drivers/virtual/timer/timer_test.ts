import { strictEqual, throws } from "node:assert/strict";
import { registerSuite } from "../../../conformance/hal/suite/register.ts";
import { TIMER_SUITE } from "../../../conformance/hal/timer/timer_suite.ts";
import { subject } from "./testing/fixture.ts";
import { VirtualTimer } from "./timer.ts";

registerSuite("virtual/timer", TIMER_SUITE, subject);

Deno.test("virtual/timer: time does not go back", () => {
  const timer = new VirtualTimer();
  timer.advance(5n);
  throws(() => timer.advance(-1n), RangeError);
  strictEqual(timer.now(), 5n);
});
