/**
 * A real block device on a thread: ended and opened again whenever it is closed.
 *
 * On NBD that is a killed server and a new one on the same file.
 */
import type { Block } from "../../hal/block_contract.ts";
import { type AsyncBlock, serveBlock } from "../../hal/hosted/block_guest.ts";
import { Mailbox } from "../../hal/hosted/mailbox.ts";
import { openBlockFile } from "../../drivers/deno/block_file/open.ts";
import { openBlockNbd } from "../../drivers/deno/block_nbd/open.ts";
import { Program } from "../../drivers/deno/block_nbd/testing/programs.ts";
import { memoryBlock, MemoryMedium } from "../../drivers/memory/block/block.ts";

export const KINDS = ["memory/block", "deno/block-file", "deno/block-nbd"];

export interface DeviceStart {
  readonly memory: SharedArrayBuffer;
  readonly kind: string;
  readonly capacity: number;
  readonly blockSize: number;
  readonly transferMax: number;
}

type Opening = () => Promise<{ device: Block; end: () => Promise<void> }>;

/** Opens the device again and again, over one medium. */
function openingOf(start: DeviceStart): Opening {
  const { kind, capacity, blockSize, transferMax } = start;
  const geometry = { capacity, blockSize, transferMax };
  if (kind === "memory/block") {
    const medium = new MemoryMedium();
    const end = () => Promise.resolve();
    return () =>
      Promise.resolve({ device: memoryBlock({ ...geometry, medium }), end });
  }
  if (kind === "deno/block-file") {
    const path = `${Deno.makeTempDirSync({ prefix: "karyon-graph-" })}/disk`;
    return () => {
      const device = openBlockFile(path, { ...geometry, create: true });
      return Promise.resolve({
        device,
        end: () => Promise.resolve(device.close()),
      });
    };
  }
  const program = new Program("nbdkit", capacity);
  return async () => {
    await program.start();
    const device = openBlockNbd(program.uri, geometry);
    return {
      device,
      async end() {
        device.abort();
        await program.kill();
      },
    };
  };
}

async function main(start: DeviceStart): Promise<void> {
  const mailbox = new Mailbox(start.memory);
  const open = openingOf(start);
  for (;;) {
    const { device, end } = await open();
    await serveBlock(mailbox, unhurried(device, end));
  }
}

/** The synchronous device as the guest's side wants it. */
function unhurried(device: Block, end: () => Promise<void>): AsyncBlock {
  return {
    geometry: device.describe(),
    read: (offset, length) => Promise.resolve(device.read(offset, length)),
    write: (offset, data) => Promise.resolve(device.write(offset, data)),
    flush: () => Promise.resolve(device.flush()),
    discard: (offset, length) =>
      Promise.resolve(device.discard(offset, length)),
    health: () => device.health(),
    close: end,
  };
}

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) void main(event.data);
});
