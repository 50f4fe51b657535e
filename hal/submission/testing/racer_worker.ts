/** Begins what it gets at once and answers it, on a thread of its own. */
import { DriverLane, Lanes, type LaneSizes } from "../lanes.ts";

/** What the thread is started with. */
export interface RacerStart {
  readonly memory: SharedArrayBuffer;
  readonly sizes: LaneSizes;
}

/** What the caller tells it; it ends. */
export const STOP = 1;

async function race({ memory, sizes }: RacerStart): Promise<void> {
  const lane = new DriverLane(new Lanes(memory, sizes));
  for (;;) {
    const mark = lane.mark;
    const record = lane.next();
    if (record === undefined) await lane.waitAsync(mark);
    else if (record.kind === STOP) return close();
    else if (lane.begin(record)) {
      lane.answer(record.ticket, record.body.toReversed());
    }
  }
}

const close = () => globalThis.close();

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) void race(event.data);
}, { once: true });
