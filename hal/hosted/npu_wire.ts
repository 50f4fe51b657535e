/**
 * What an NPU's caller and its driver say over the lanes, as octets.
 *
 * Requests and ends travel as the messages that are generated of the contract's
 * own types; what is beside them is told by kind.
 */
import {
  modelMessage,
  outcomeMessage,
  workMessage,
} from "../../wit/gen/hal_npu_messages.ts";
import type { Limits, Outcome, Work } from "../npu_contract.ts";
import type { Ended } from "../npu/link.ts";
import type { LaneSizes } from "../submission/lanes.ts";
import { MessageBlock, octetsOf, TEXT_OCTETS_MAX } from "./message_block.ts";

/** Beside requests; the caller's first, then the driver's. */
export const TOLD = { unload: 1, close: 2, ready: 3, closed: 4 } as const;

/** Octets of a request or an answer beside what it moves: names and shapes. */
const ROOM = 64 * 1024;

/** Lanes for a few of the largest requests at a time. */
export function laneSizes(limits: Limits): LaneSizes {
  const { inFlightMax, modelMax, transferMax } = limits;
  const power = (octets: number) => 2 ** Math.ceil(Math.log2(octets));
  return {
    slots: inFlightMax,
    requests: power(2 * Math.max(modelMax, transferMax) + inFlightMax * ROOM),
    answers: power(3 * transferMax + inFlightMax * ROOM),
    told: 2 * TEXT_OCTETS_MAX,
  };
}

/** Octets that an answer has at most, by those of its tensors. */
export function answerRoom(tensorOctets: number): number {
  return tensorOctets + ROOM / 2;
}

/** One side's codec; it has private memory for one message at a time. */
export class NpuWire {
  readonly #block: MessageBlock;

  constructor({ modelMax, transferMax }: Limits) {
    this.#block = new MessageBlock(Math.max(modelMax, transferMax) + ROOM);
  }

  /** Undefined: larger than anything that is allowed. */
  encodeWork(work: Work): Uint8Array | undefined {
    return this.#block.encode(workMessage, work);
  }

  decodeWork(octets: Uint8Array): Work | undefined {
    return this.#block.decode(workMessage, octets);
  }

  /** The outcome, and behind it what the model says of itself. */
  encodeEnded({ outcome, model }: Ended): Uint8Array {
    const first = this.#block.encode(outcomeMessage, shortened(outcome));
    if (first === undefined) return new Uint8Array();
    const length = first.length;
    // The wire's memory is used again for what is behind it.
    const head = model === undefined ? first : first.slice();
    const second = model && this.#block.encode(modelMessage, model);
    const whole = new Uint8Array(4 + length + (second?.length ?? 0));
    new DataView(whole.buffer).setUint32(0, length, true);
    whole.set(head, 4);
    if (second !== undefined) whole.set(second, 4 + length);
    return whole;
  }

  decodeEnded(octets: Uint8Array): Ended | undefined {
    if (octets.length < 4) return undefined;
    const { buffer, byteOffset } = octets;
    const length = new DataView(buffer, byteOffset).getUint32(0, true);
    const rest = octets.subarray(4);
    if (length > rest.length) return undefined;
    const outcome = this.#block.decode(
      outcomeMessage,
      rest.subarray(0, length),
    );
    if (outcome?.tag !== "made") return outcome && { outcome };
    const model = this.#block.decode(modelMessage, rest.subarray(length));
    return model && { outcome, model };
  }
}

function shortened(outcome: Outcome): Outcome {
  switch (outcome.tag) {
    case "rejected":
    case "failed":
    case "gone": {
      const val = new TextDecoder().decode(octetsOf(outcome.val));
      return { tag: outcome.tag, val };
    }
    default:
      return outcome;
  }
}
