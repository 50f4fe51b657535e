/**
 * The driver's thread: connects, says what it found, serves until it is closed.
 *
 * It may do what `permissionsFor` its address lists, and nothing else.
 */
import type { Geometry } from "../../../hal/block_contract.ts";
import { geometryFault } from "../../../hal/block_range.ts";
import { serveBlock } from "../../../hal/hosted/block_guest.ts";
import { Mailbox } from "../../../hal/hosted/mailbox.ts";
import type { Address } from "./address.ts";
import { Connection } from "./connection.ts";
import { exportFault, NbdDevice } from "./device.ts";

/** What the thread is started with. */
export interface Start {
  readonly memory: SharedArrayBuffer;
  readonly address: Address;
  readonly blockSize: number;
  readonly transferMax: number;
  /** Undefined: all of the export. */
  readonly capacity: bigint | undefined;
  readonly readOnly: boolean;
  readonly operationMs: number;
  readonly reconnectMs: number;
}

async function main(start: Start): Promise<void> {
  const mailbox = new Mailbox(start.memory);
  const { address, operationMs, reconnectMs } = start;
  let device: NbdDevice;
  try {
    const connection = await Connection.open(address, operationMs);
    const geometry = geometryOf(start, connection);
    const fault = geometryFault(geometry) ??
      exportFault(connection.about, geometry);
    if (fault !== undefined) {
      await connection.disconnect();
      return mailbox.refuse(`the export does not serve: ${fault}`);
    }
    const options = { address, geometry, operationMs, reconnectMs };
    device = new NbdDevice(connection, options);
  } catch (error) {
    return mailbox.refuse(error instanceof Error ? error.message : "failed");
  }
  await serveBlock(mailbox, device);
}

function geometryOf(
  { blockSize, transferMax, capacity, readOnly }: Start,
  { about }: Connection,
): Geometry {
  const whole = about.size - about.size % BigInt(blockSize);
  return {
    blockSize,
    transferMax,
    capacity: capacity ?? whole,
    readOnly,
  };
}

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) void main(event.data);
});
