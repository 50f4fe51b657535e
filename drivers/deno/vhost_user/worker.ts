/**
 * The thread of one device: bus and driver, until it is told to end.
 *
 * It may call the C library, and nothing else of Deno's permissions. The driver
 * is a cell, and reaches the bus only.
 */
import type { Block } from "../../../hal/block_contract.ts";
import { BlockCell, DriverRefused } from "../../../hal/component/block_cell.ts";
import {
  instantiateSeat,
  type Seat,
} from "../../../hal/component/driver_engine.ts";
import {
  type AsyncBlock,
  serveBlock,
} from "../../../hal/hosted/block_guest.ts";
import { Mailbox } from "../../../hal/hosted/mailbox.ts";
import { VhostBus } from "./bus.ts";
import { Libc } from "./libc.ts";

/** What the thread is started with. */
export interface Start {
  readonly memory: SharedArrayBuffer;
  /** One word, 1 once the device is not wanted any more. */
  readonly stop: SharedArrayBuffer;
  readonly seat: Seat;
  readonly path: string;
  readonly config: ReadonlyArray<readonly [string, string]>;
  readonly callMs: number;
  readonly dmaOctets: number;
}

const DISK = 2;

async function main(start: Start): Promise<void> {
  const mailbox = new Mailbox(start.memory);
  const { seat, path, config, callMs } = start;
  let bus: VhostBus;
  try {
    bus = new VhostBus({
      libc: new Libc(),
      path,
      kind: DISK,
      memoryOctets: start.dmaOctets,
      nowMs: () => performance.now(),
    });
  } catch (error) {
    return refuse(mailbox, error instanceof Error ? error.message : "failed");
  }
  let device: BlockCell;
  try {
    const cell = await instantiateSeat(seat, bus);
    device = new BlockCell(cell, { config, callMs });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const why = error instanceof DriverRefused ? `; ${bus.lost}` : "";
    bus.end();
    return refuse(mailbox, `${reason}${why}`);
  }
  const end = () => {
    device.abort();
    bus.end();
    self.close();
  };
  void stopped(start.stop).then(end);
  await serveBlock(mailbox, unhurried(device));
}

function refuse(mailbox: Mailbox, reason: string): void {
  mailbox.refuse(reason);
  self.close();
}

async function stopped(memory: SharedArrayBuffer): Promise<void> {
  const word = new Int32Array(memory);
  while (Atomics.load(word, 0) === 0) {
    const wait = Atomics.waitAsync(word, 0, 0);
    if (wait.async) await wait.value;
  }
}

/** The synchronous device as the guest's side wants it. */
function unhurried(device: Block & { close(): void }): AsyncBlock {
  return {
    geometry: device.describe(),
    read: (offset, length) => Promise.resolve(device.read(offset, length)),
    write: (offset, data) =>
      Promise.resolve(device.write(offset, data.slice())),
    flush: () => Promise.resolve(device.flush()),
    discard: (offset, length) =>
      Promise.resolve(device.discard(offset, length)),
    health: () => device.health(),
    close: () => Promise.resolve(device.close()),
  };
}

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) void main(event.data);
});
