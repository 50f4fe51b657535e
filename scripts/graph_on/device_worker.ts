/**
 * A real block device on a thread: ended and opened again whenever it is closed.
 *
 * On NBD and virtio that is a killed server and a new one on the same file.
 */
import type { Block } from "../../hal/block_contract.ts";
import { type AsyncBlock, serveBlock } from "../../hal/hosted/block_guest.ts";
import type { HostedBlock } from "../../hal/hosted/block_host.ts";
import { Mailbox } from "../../hal/hosted/mailbox.ts";
import { openBlockFile } from "../../drivers/deno/block_file/open.ts";
import { openBlockNbd } from "../../drivers/deno/block_nbd/open.ts";
import { Program } from "../../drivers/deno/block_nbd/testing/programs.ts";
import { openVhostUser } from "../../drivers/deno/vhost_user/open.ts";
import { Daemon } from "../../drivers/virtio/block/testing/daemon.ts";
import { driverComponent } from "../../drivers/virtio/block/testing/rig.ts";
import { cache } from "../../drivers/virtio/block/testing/vhost_user.ts";
import { memoryBlock, MemoryMedium } from "../../drivers/memory/block/block.ts";

/** How often the same driver is given a killed and new device. */
const DEVICES_PER_DRIVER = 20;

export interface DeviceStart {
  readonly memory: SharedArrayBuffer;
  readonly kind: string;
  readonly capacity: number;
  readonly blockSize: number;
  readonly transferMax: number;
  /** One word: 1 once no device is wanted any more, 2 when nothing is left. */
  readonly last: SharedArrayBuffer;
}

interface Medium {
  open(): Promise<{ device: Block; end: () => Promise<void> }>;
  /** Takes it off the machine. */
  remove(): void;
}

/** What the device is opened over, again and again. */
function mediumOf(start: DeviceStart): Medium {
  const { kind, capacity, blockSize, transferMax } = start;
  const geometry = { capacity, blockSize, transferMax };
  if (kind === "memory/block") {
    const medium = new MemoryMedium();
    const end = () => Promise.resolve();
    return {
      open: () =>
        Promise.resolve({ device: memoryBlock({ ...geometry, medium }), end }),
      remove() {},
    };
  }
  if (kind === "deno/block-file") {
    const folder = Deno.makeTempDirSync({ prefix: "karyon-graph-" });
    return {
      open() {
        const device = openBlockFile(`${folder}/disk`, {
          ...geometry,
          create: true,
        });
        const end = () => Promise.resolve(device.close());
        return Promise.resolve({ device, end });
      },
      remove: () => Deno.removeSync(folder, { recursive: true }),
    };
  }
  return kind === "virtio/block" ? virtio(geometry) : nbd(geometry);
}

type Shape = Pick<DeviceStart, "capacity" | "blockSize" | "transferMax">;

function nbd(geometry: Shape): Medium {
  const program = new Program("nbdkit", geometry.capacity);
  return {
    async open() {
      await program.start();
      const device = openBlockNbd(program.uri, geometry);
      const end = async () => {
        device.abort();
        await program.kill();
      };
      return { device, end };
    },
    remove: () => Deno.removeSync(program.folder, { recursive: true }),
  };
}

/** The device is killed each time, the driver now and then: it finds it again. */
function virtio({ capacity, blockSize, transferMax }: Shape): Medium {
  const daemon = new Daemon(capacity);
  const component = driverComponent();
  let driver: HostedBlock | undefined;
  let opened = 0;
  return {
    async open() {
      await daemon.start();
      if (driver === undefined || ++opened % DEVICES_PER_DRIVER === 0) {
        driver?.abort();
        const options = { component, cache, blockSize, transferMax };
        driver = await openVhostUser(daemon.socket, options);
      }
      return { device: driver, end: () => daemon.kill() };
    },
    remove() {
      driver?.abort();
      Deno.removeSync(daemon.folder, { recursive: true });
    },
  };
}

async function main(start: DeviceStart): Promise<void> {
  const mailbox = new Mailbox(start.memory);
  const medium = mediumOf(start);
  const last = new Int32Array(start.last);
  while (Atomics.load(last, 0) === 0) {
    const { device, end } = await medium.open();
    await serveBlock(mailbox, unhurried(device, end));
  }
  medium.remove();
  Atomics.store(last, 0, 2);
  Atomics.notify(last, 0);
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
