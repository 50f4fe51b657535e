/**
 * Opens a disk behind a vhost-user socket, or says clearly why not.
 *
 * The driver is a component; it and its bus run on a thread of their own that
 * may call the C library and nothing else; the caller's thread waits for it.
 */
import type { Geometry } from "../../../hal/block_contract.ts";
import { geometryFault } from "../../../hal/block_range.ts";
import {
  type Cache,
  DriverEngine,
} from "../../../hal/component/driver_engine.ts";
import { HostedBlock, NotOpened } from "../../../hal/hosted/block_host.ts";
import { Mailbox } from "../../../hal/hosted/mailbox.ts";
import { LIBC_PATHS } from "./libc.ts";
import type { Start } from "./worker.ts";

const DEFAULT_BLOCK_OCTETS = 4096;
const DEFAULT_TRANSFER_OCTETS = 1024 * 1024;
const DEFAULT_OPERATION_MS = 10_000;
const DEFAULT_RESET_MS = 5_000;
const MS_MAX = 600_000;
const TRANSFER_OCTETS_MAX = 16 << 20;
/** Beside the data: rings and requests. */
const QUEUE_OCTETS = 1 << 20;
/** Starting a thread, on a machine that has much else to do. */
const START_MS = 60_000;
/** What the driver takes for itself, at most. */
const OWN_MS = 10_000;

export interface VhostUserOptions {
  /** The driver: a component that exports block, over dma, irq and mmio. */
  readonly component: Uint8Array;
  /** Default 4096. */
  readonly blockSize?: number;
  /** Default 1 MiB. */
  readonly transferMax?: number;
  readonly readOnly?: boolean;
  /** How long the device may take for an operation; default 10 s. */
  readonly operationMs?: number;
  /** How long to go on connecting when it is away; default 5 s. */
  readonly resetMs?: number;
  /** Keeps what compiling the driver made. */
  readonly cache?: Cache;
}

/** Why a device was not opened. */
export class VhostUserRefused extends Error {
  override readonly name = "VhostUserRefused";

  constructor(readonly reason: "options" | "not-opened", message: string) {
    super(message);
  }
}

/** Longest path of a UNIX socket, in octets. */
const SOCKET_OCTETS_MAX = 107;

/** Whether a back end can listen there. */
export function isSocketPath(path: string): boolean {
  return path.startsWith("/") && !path.includes("\0") &&
    new TextEncoder().encode(path).length <= SOCKET_OCTETS_MAX;
}

/** Connects to the back end at the socket `path`. Rejects with `VhostUserRefused`. */
export async function openVhostUser(
  path: string,
  options: VhostUserOptions,
): Promise<HostedBlock> {
  const {
    component,
    blockSize = DEFAULT_BLOCK_OCTETS,
    transferMax = DEFAULT_TRANSFER_OCTETS,
    readOnly = false,
    operationMs = DEFAULT_OPERATION_MS,
    resetMs = DEFAULT_RESET_MS,
  } = options;
  check({ blockSize, transferMax, readOnly }, [operationMs, resetMs]);
  const engine = await DriverEngine.start(options.cache);
  const mailbox = Mailbox.make(transferMax);
  const stop = new SharedArrayBuffer(4);
  const callMs = 2 * (resetMs + 2 * operationMs) + OWN_MS;
  const start: Start = {
    memory: mailbox.memory,
    stop,
    seat: await engine.seat(component),
    path,
    config: [
      ["block-size", String(blockSize)],
      ["transfer-max", String(transferMax)],
      ["read-only", String(readOnly)],
      ["operation-ms", String(operationMs)],
      ["reset-ms", String(resetMs)],
    ],
    callMs,
    dmaOctets: transferMax + QUEUE_OCTETS,
  };
  const worker = startThread(new URL("worker.ts", import.meta.url));
  // Whatever ends the thread shows as an answer that does not come.
  worker.onerror = (event) => event.preventDefault();
  worker.postMessage(start);
  try {
    return new HostedBlock(mailbox, {
      openMs: START_MS + callMs,
      answerMs: callMs + OWN_MS,
      nowMs: () => performance.now(),
      end() {
        // It gives back what the system does not know as its own, and ends.
        const word = new Int32Array(stop);
        Atomics.store(word, 0, 1);
        Atomics.notify(word, 0);
        void engine.stop();
      },
    });
  } catch (error) {
    if (!(error instanceof NotOpened)) throw error;
    throw new VhostUserRefused("not-opened", `${path}: ${error.message}`);
  }
}

/** A thread that may call the C library, and nothing else. */
export function startThread(module: URL): Worker {
  return new Worker(module, {
    type: "module",
    name: "vhost-user",
    deno: {
      permissions: {
        ffi: [...LIBC_PATHS],
        net: false,
        read: false,
        write: false,
        run: false,
        env: false,
        sys: false,
        import: false,
      },
    },
  });
}

function check(
  shape: Omit<Geometry, "capacity">,
  times: ReadonlyArray<number>,
): void {
  const wrong = times.find((ms) => !(ms >= 1 && ms <= MS_MAX));
  if (wrong !== undefined) refuse(`${wrong} ms is not from 1 to ${MS_MAX}`);
  const capacity = BigInt(shape.blockSize);
  const fault = geometryFault({ ...shape, capacity });
  if (fault !== undefined) refuse(fault);
  if (shape.transferMax > TRANSFER_OCTETS_MAX) {
    refuse(`largest transfer ${shape.transferMax} is over 16 MiB`);
  }
}

function refuse(message: string): never {
  throw new VhostUserRefused("options", message);
}
