/**
 * What a GPU's caller and its driver say over the lanes, as octets.
 *
 * Requests, outcomes and devices travel as the messages that are generated of
 * the contract's own types; what is beside them is told by kind.
 */
import {
  deviceMessage,
  outcomeMessage,
  workMessage,
} from "../../wit/gen/hal_gpu_messages.ts";
import { wishMessage } from "../../wit/gen/hal_gpu_control_messages.ts";
import type { Device, Outcome, Wish, Work } from "../gpu_contract.ts";
import type { LaneSizes } from "../submission/lanes.ts";
import { MessageBlock, octetsOf, TEXT_OCTETS_MAX } from "./message_block.ts";

/** Beside requests; the caller's first, then the driver's. */
export const TOLD = {
  release: 1,
  attach: 2,
  detach: 3,
  close: 4,
  attached: 5,
  absent: 6,
  failed: 7,
  lost: 8,
  closed: 9,
} as const;

/** Octets of a request or an answer beside what it moves. */
const ROOM = 4096;

export interface WireSizes {
  readonly inFlightMax: number;
  readonly transferMax: number;
  readonly sourceMax: number;
}

/** Lanes for a few of the largest requests at a time. */
export function laneSizes(sizes: WireSizes): LaneSizes {
  const { inFlightMax, transferMax, sourceMax } = sizes;
  const largest = Math.max(transferMax, sourceMax) + ROOM;
  const octets = 2 ** Math.ceil(
    Math.log2(3 * largest + inFlightMax * (TEXT_OCTETS_MAX + ROOM)),
  );
  return {
    slots: inFlightMax,
    requests: octets,
    answers: octets,
    told: 8 * ROOM,
  };
}

/** Octets that the answer of a request has at most. */
export function answerOctets(work: Work): number {
  const moved = work.tag === "read" ? Number(work.val.length) : 0;
  return moved + TEXT_OCTETS_MAX + 64;
}

/** One side's codec; it has private memory for one message at a time. */
export class GpuWire {
  readonly #block: MessageBlock;

  constructor({ transferMax, sourceMax }: WireSizes) {
    this.#block = new MessageBlock(Math.max(transferMax, sourceMax) + ROOM);
  }

  /** Undefined: larger than anything that is allowed. */
  encodeWork(work: Work): Uint8Array | undefined {
    return this.#block.encode(workMessage, work);
  }

  decodeWork(octets: Uint8Array): Work | undefined {
    return this.#block.decode(workMessage, octets);
  }

  encodeOutcome(outcome: Outcome): Uint8Array {
    return this.#block.encode(outcomeMessage, shortened(outcome)) ??
      new Uint8Array();
  }

  decodeOutcome(octets: Uint8Array): Outcome | undefined {
    return this.#block.decode(outcomeMessage, octets);
  }

  encodeDevice(device: Device): Uint8Array {
    const name = textOf(octetsOf(device.name));
    return this.#block.encode(deviceMessage, { ...device, name }) ??
      new Uint8Array();
  }

  decodeDevice(octets: Uint8Array): Device | undefined {
    return this.#block.decode(deviceMessage, octets);
  }

  encodeWish(wish: Wish): Uint8Array {
    // It may have to wait for room, and the wire's memory is used again.
    return this.#block.encode(wishMessage, wish)?.slice() ?? new Uint8Array();
  }

  decodeWish(octets: Uint8Array): Wish | undefined {
    return this.#block.decode(wishMessage, octets);
  }
}

export function textOf(octets: Uint8Array): string {
  return new TextDecoder().decode(octets);
}

function shortened(outcome: Outcome): Outcome {
  switch (outcome.tag) {
    case "rejected":
    case "failed":
    case "gone":
      return { tag: outcome.tag, val: textOf(octetsOf(outcome.val)) };
    default:
      return outcome;
  }
}
