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
import type { Limits, Outcome, Tensor, Work } from "../npu_contract.ts";
import type { Ended } from "../npu/link.ts";
import { countOf, ELEMENT_OCTETS } from "../npu/tensors.ts";
import type { LaneSizes } from "../submission/lanes.ts";
import { MessageBlock, octetsOf, TEXT_OCTETS_MAX } from "./message_block.ts";

/** Beside requests; the caller's first, then the driver's. */
export const TOLD = {
  unload: 1,
  close: 2,
  ready: 3,
  closed: 4,
  refused: 5,
  died: 6,
} as const;

/** Octets of a request or an answer beside what it moves: names and shapes. */
const ROOM = 64 * 1024;
/** What tensors are aligned to within a record, so that they are not copied again. */
const ALIGN = 8;
const HEAD_OCTETS = 8;
const NONE = new Uint8Array();
const PADDING = Array.from({ length: ALIGN }, (_, at) => new Uint8Array(at));

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

/** One record: what is to be put down at once, and tensors where they lie. */
export interface Framed {
  readonly body: Uint8Array;
  readonly more: readonly Uint8Array[];
}

/**
 * One side's codec; it has private memory for one message at a time.
 *
 * A record is the lengths of two messages, the messages, and the octets of the
 * tensors that they describe, in their order. So a tensor is copied into the
 * record and out of it, and nowhere else.
 */
export class NpuWire {
  readonly #block: MessageBlock;

  /** Octets of one request at most. */
  readonly requestMax: number;

  constructor({ modelMax, transferMax }: Limits) {
    this.requestMax = Math.max(modelMax, transferMax) + 2 * ROOM;
    this.#block = new MessageBlock(modelMax + ROOM);
  }

  /** Good until the next message. Undefined: larger than anything that is allowed. */
  encodeWork(work: Work): Framed | undefined {
    if (work.tag === "load") {
      const message = this.#block.encode(workMessage, work);
      return message && framed(message, NONE, []);
    }
    const { inputs } = work.val;
    const val = { ...work.val, inputs: inputs.map(bare) };
    const message = this.#block.encode(workMessage, { tag: "run", val });
    return message && framed(message, NONE, inputs);
  }

  decodeWork(octets: Uint8Array<ArrayBuffer>): Work | undefined {
    const parts = partsOf(octets);
    const work = parts && this.#block.decode(workMessage, parts.first);
    if (work?.tag !== "run") return work;
    const inputs = filled(work.val.inputs, parts?.rest ?? NONE);
    return inputs && { tag: "run", val: { ...work.val, inputs } };
  }

  /** The outcome, and behind it what the model says of itself. */
  encodeEnded({ outcome, model }: Ended): Framed {
    const tensors = outcome.tag === "tensors" ? outcome.val : [];
    const said = outcome.tag === "tensors"
      ? { tag: outcome.tag, val: tensors.map(bare) }
      : shortened(outcome);
    const message = this.#block.encode(outcomeMessage, said);
    if (message === undefined) return { body: NONE, more: [] };
    if (model === undefined) return framed(message, NONE, tensors);
    // The wire's memory is used again for what is behind it.
    const first = message.slice();
    const second = this.#block.encode(modelMessage, model);
    return framed(first, second ?? NONE, tensors);
  }

  decodeEnded(octets: Uint8Array<ArrayBuffer>): Ended | undefined {
    const parts = partsOf(octets);
    const outcome = parts && this.#block.decode(outcomeMessage, parts.first);
    if (outcome?.tag === "tensors") {
      const val = filled(outcome.val, parts?.rest ?? NONE);
      return val && { outcome: { tag: "tensors", val } };
    }
    if (outcome?.tag !== "made") return outcome && { outcome };
    const model = this.#block.decode(modelMessage, parts?.second ?? NONE);
    return model && { outcome, model };
  }
}

/** The same without its octets, which travel beside the message. */
function bare({ name, element, shape }: Tensor): Tensor {
  return { name, element, shape, octets: NONE };
}

const padding = (octets: number) => PADDING[-octets & ALIGN - 1] ?? NONE;
const padded = (octets: number) => octets + padding(octets).length;

function framed(
  first: Uint8Array,
  second: Uint8Array,
  tensors: readonly Tensor[],
): Framed {
  const head = new Uint32Array([first.length, second.length]);
  const more = [first, padding(first.length)];
  if (second.length > 0) more.push(second, padding(second.length));
  for (const { octets } of tensors) {
    if (octets.length > 0) more.push(octets, padding(octets.length));
  }
  return { body: new Uint8Array(head.buffer), more };
}

interface Parts {
  readonly first: Uint8Array;
  readonly second: Uint8Array;
  /** Octets of tensors. */
  readonly rest: Uint8Array<ArrayBuffer>;
}

function partsOf(octets: Uint8Array<ArrayBuffer>): Parts | undefined {
  if (octets.length < HEAD_OCTETS) return undefined;
  const view = new DataView(octets.buffer, octets.byteOffset);
  const [one, two] = [view.getUint32(0, true), view.getUint32(4, true)];
  const behind = HEAD_OCTETS + padded(one);
  const end = behind + padded(two);
  if (end > octets.length) return undefined;
  return {
    first: octets.subarray(HEAD_OCTETS, HEAD_OCTETS + one),
    second: octets.subarray(behind, behind + two),
    rest: octets.subarray(end),
  };
}

/** The tensors with their octets; undefined where those are not as many. */
function filled(
  tensors: readonly Tensor[],
  octets: Uint8Array<ArrayBuffer>,
): Tensor[] | undefined {
  let at = 0;
  const all = tensors.map(({ name, element, shape }) => {
    const from = at;
    const length = countOf(shape) * ELEMENT_OCTETS[element];
    at += padded(length);
    const own = octets.subarray(from, from + length);
    return { name, element, shape, octets: own };
  });
  return at === octets.length ? all : undefined;
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
