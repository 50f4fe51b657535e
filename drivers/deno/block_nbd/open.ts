/**
 * Opens a block device on an NBD server, or says clearly why not.
 *
 * The driver runs on a thread of its own that may reach the server's address
 * and nothing else; the caller's thread waits for it.
 */
import type { Geometry } from "../../../hal/block_contract.ts";
import {
  BLOCK_OCTETS_MAX,
  CAPACITY_OCTETS_MAX,
  geometryFault,
} from "../../../hal/block_range.ts";
import { HostedBlock, NotOpened } from "../../../hal/hosted/block_host.ts";
import { Mailbox } from "../../../hal/hosted/mailbox.ts";
import { type Address, permissionsFor, readAddress } from "./address.ts";
import type { Start } from "./worker.ts";

const DEFAULT_BLOCK_OCTETS = 4096;
const DEFAULT_TRANSFER_OCTETS = 1024 * 1024;
const DEFAULT_OPERATION_MS = 10_000;
const DEFAULT_RECONNECT_MS = 5_000;
const MS_MAX = 600_000;
/** Before and after the connection is lost: connect, write again, act. */
const OPERATIONS_PER_ANSWER = 6;
/** A write may flush first. */
const ANSWERS_PER_CALL = 2;
/** Starting a thread, on a machine that has much else to do. */
const START_MS = 60_000;

export interface BlockNbdOptions {
  /** Octets; undefined: all whole blocks of the export. */
  readonly capacity?: number;
  /** Default 4096. */
  readonly blockSize?: number;
  /** Default 1 MiB. */
  readonly transferMax?: number;
  readonly readOnly?: boolean;
  /** How long the server may take to answer one request; default 10 s. */
  readonly operationMs?: number;
  /** How long to go on connecting when it is away; default 5 s. */
  readonly reconnectMs?: number;
}

/** Why a device was not opened. */
export class BlockNbdRefused extends Error {
  override readonly name = "BlockNbdRefused";

  constructor(
    readonly reason: "options" | "address" | "not-opened",
    message: string,
  ) {
    super(message);
  }
}

/** Connects to the server at `uri`. Throws `BlockNbdRefused` only. */
export function openBlockNbd(
  uri: string,
  options: BlockNbdOptions = {},
): HostedBlock {
  const address = readAddress(uri);
  if (typeof address === "string") {
    throw new BlockNbdRefused("address", address);
  }
  const start = startOf(options);
  const mailbox = Mailbox.make(start.transferMax);
  const worker = startThread(new URL("worker.ts", import.meta.url), address);
  // Whatever ends the thread shows as an answer that does not come.
  worker.onerror = (event) => event.preventDefault();
  const { memory } = mailbox;
  const message: Start = { ...start, address, memory };
  worker.postMessage(message);
  const { operationMs, reconnectMs } = start;
  try {
    return new HostedBlock(mailbox, {
      openMs: START_MS + 2 * operationMs,
      answerMs: ANSWERS_PER_CALL *
        (reconnectMs + OPERATIONS_PER_ANSWER * operationMs),
      nowMs: () => performance.now(),
      end: () => worker.terminate(),
    });
  } catch (error) {
    if (!(error instanceof NotOpened)) throw error;
    throw new BlockNbdRefused("not-opened", `${uri}: ${error.message}`);
  }
}

/** A thread that may reach the address, and nothing else. */
export function startThread(module: URL, address: Address): Worker {
  return new Worker(module, {
    type: "module",
    name: "block-nbd",
    deno: { permissions: permissionsFor(address) },
  });
}

function startOf(
  options: BlockNbdOptions,
): Omit<Start, "address" | "memory"> {
  const start = {
    blockSize: options.blockSize ?? DEFAULT_BLOCK_OCTETS,
    transferMax: options.transferMax ?? DEFAULT_TRANSFER_OCTETS,
    readOnly: options.readOnly ?? false,
    capacity: undefined,
    operationMs: options.operationMs ?? DEFAULT_OPERATION_MS,
    reconnectMs: options.reconnectMs ?? DEFAULT_RECONNECT_MS,
  };
  for (const ms of [start.operationMs, start.reconnectMs]) {
    if (!(ms >= 1 && ms <= MS_MAX)) {
      refuse(`${ms} ms is not from 1 to ${MS_MAX}`);
    }
  }
  const { capacity } = options;
  if (capacity !== undefined && !Number.isSafeInteger(capacity)) {
    refuse(`capacity ${capacity} is not a whole number`);
  }
  const geometry: Geometry = {
    ...start,
    capacity: BigInt(capacity ?? CAPACITY_OCTETS_MAX - BLOCK_OCTETS_MAX),
  };
  const fault = geometryFault(geometry);
  if (fault !== undefined) refuse(fault);
  return capacity === undefined
    ? start
    : { ...start, capacity: BigInt(capacity) };
}

function refuse(message: string): never {
  throw new BlockNbdRefused("options", message);
}
