/** The driver as the timer suite wants it. */
import type { TimerSubject } from "../../../../conformance/hal/timer/case.ts";
import { VirtualTimer } from "../timer.ts";

export const subject: TimerSubject = {
  contract: "timer",
  make() {
    const timer = new VirtualTimer();
    const pass = (us: number) => timer.advance(BigInt(us));
    return { timer, virtual: true, pass, dispose() {} };
  },
};
