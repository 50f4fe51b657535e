/**
 * The driver's side of a hosted NPU: carries requests out in order, one at a time.
 *
 * What waits behind the one that is carried out can still be withdrawn. Where what
 * the driver stands on is gone, the caller is told, and the driver has ended.
 */
import type { Limits } from "../npu_contract.ts";
import { Models } from "../npu/carry_out.ts";
import { type AsyncNpu, NpuGone } from "../npu/link.ts";
import {
  DriverLane,
  type Lanes,
  type Record,
  REQUEST,
} from "../submission/lanes.ts";
import { Patience } from "../submission/patience.ts";
import { NpuWire, TOLD } from "./npu_wire.ts";
import { octetsOf } from "./message_block.ts";

const MALFORMED = {
  outcome: { tag: "failed", val: "the request is malformed" },
} as const;

/** Serves until it is told to close; `name` is the driver's, for people. */
export async function serveNpu(
  lanes: Lanes,
  npu: AsyncNpu,
  { limits, name }: { readonly limits: Limits; readonly name: string },
): Promise<void> {
  const lane = new DriverLane(lanes);
  const models = new Models(npu, limits);
  const wire = new NpuWire(limits);
  lane.tell(TOLD.ready, 0n, octetsOf(name));
  try {
    await serve(lane, npu, models, wire);
  } catch (error) {
    if (!(error instanceof NpuGone)) throw error;
    lane.tell(TOLD.died, 0n, octetsOf(error.message));
  }
}

async function serve(
  lane: DriverLane,
  npu: AsyncNpu,
  models: Models,
  wire: NpuWire,
): Promise<void> {
  const patience = new Patience();
  // Each request lies where the one before it lay: memory that is warm.
  const room = new Uint8Array(wire.requestMax);
  for (;;) {
    const mark = lane.mark;
    const record = lane.next(room);
    if (record === undefined) {
      if (npu.isStill === true) lane.wait(mark, patience);
      else await lane.waitAsync(mark);
    } else if (record.kind === TOLD.close) {
      return lane.tell(TOLD.closed, 0n, new Uint8Array());
    } else if (record.kind === TOLD.unload) models.unload(record.ticket);
    else if (record.kind === REQUEST) {
      await carryOut(lane, models, wire, record);
    }
  }
}

/** In place of serving: the caller's opening fails with these words. */
export function refuseNpu(lanes: Lanes, why: string): void {
  new DriverLane(lanes).tell(TOLD.refused, 0n, octetsOf(why));
}

async function carryOut(
  lane: DriverLane,
  models: Models,
  wire: NpuWire,
  record: Record,
): Promise<void> {
  const work = wire.decodeWork(record.body);
  if (!lane.begin(record)) return;
  const ended = work === undefined
    ? MALFORMED
    : await models.carryOut(record.ticket, work);
  const { body, more } = wire.encodeEnded(ended);
  lane.answer(record.ticket, body, more);
}
