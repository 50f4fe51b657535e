/** The driver as the timer suite wants it: in real time. */
import type { TimerSubject } from "../../../../conformance/hal/timer/case.ts";
import { webTimer } from "../timer.ts";

export const subject: TimerSubject = {
  contract: "timer",
  make() {
    const timer = webTimer();
    return {
      timer,
      virtual: false,
      async pass(us) {
        const end = timer.now() + BigInt(us);
        while (timer.now() < end) {
          const ms = Math.ceil(Number(end - timer.now()) / 1000);
          await new Promise((resolve) => setTimeout(resolve, Math.max(ms, 0)));
        }
      },
      dispose() {},
    };
  },
};
