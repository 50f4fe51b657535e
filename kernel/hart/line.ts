/**
 * One hart's ends of its two channels with another hart: calls there, and the
 * replies to calls from there.
 *
 * Every call that was sent comes to an outcome: the reply, or `gone` some time
 * after its deadline or when the other hart ends. What cannot be sent is
 * refused, and nothing happened.
 *
 * Deliberately absent: waiting for room. Only a reply is kept until there is
 * some, and there are no more of those than calls under way.
 */
import { Block, Malformed } from "../../wit/abi/block.ts";
import type { CallMessages } from "../../wit/abi/message.ts";
import type {
  Ask,
  Hurry,
  Message,
  Outcome as Told,
} from "../../wit/gen/kernel_hart.ts";
import { messageMessage } from "../../wit/gen/kernel_hart_messages.ts";
import type { Outcome } from "../call/calls.ts";
import type { Origin, Urgency } from "../call/job.ts";
import {
  channelWords,
  makeChannel,
  recordOctetsMax,
} from "../channel/channel.ts";
import { TypedReceiver, TypedSender, typeWords } from "../channel/typed.ts";
import { SharedWords } from "../channel/words.ts";
import {
  CHANNEL_SLEEP_MS_MAX,
  EPOCH_MS,
  HART_CALLS_MAX,
  HART_CHANNEL_OCTETS,
  HART_REPLY_GRACE_MS,
  must,
} from "../limits.ts";

/** Memory of a channel each way; it can be posted. */
export interface LineEnds {
  readonly out: SharedArrayBuffer;
  readonly back: SharedArrayBuffer;
}

/** Ends never attached before, for the two harts of a line. */
export function newLine(): readonly [LineEnds, LineEnds] {
  const [a, b] = [channel(), channel()];
  return [{ out: a, back: b }, { out: b, back: a }];
}

function channel(): SharedArrayBuffer {
  const octets = channelWords(HART_CHANNEL_OCTETS) * 4;
  const words = new SharedWords(new SharedArrayBuffer(octets));
  makeChannel(words, HART_CHANNEL_OCTETS, typeWords(messageMessage));
  return words.buffer;
}

/** Each line has new memory, so each end is its channel's first and last. */
const GENERATION = 1;
const OCTETS_MAX = recordOctetsMax(HART_CHANNEL_OCTETS);

export interface LineParts {
  /** Number of the other hart. */
  readonly hart: number;
  readonly now: () => number;
  /** Told of each call from there; answers with `reply`, once. */
  readonly serve: (ask: Ask, line: Line) => void;
  /** Told that somebody more urgent waits for the caller of such a call. */
  readonly hurried: (hurry: Hurry, line: Line) => void;
  readonly panic: (error: unknown) => void;
}

/** A call that is on its way. */
export class Sent {
  constructor(
    readonly outcome: Promise<Outcome<unknown>>,
    readonly hurry: (who: Urgency) => void,
  ) {}
}

/** What a call is, beside its arguments. */
export interface Called {
  readonly cell: string;
  readonly contract: string;
  readonly method: string;
}

interface Waiting {
  readonly messages: CallMessages;
  readonly resolve: (outcome: Outcome<unknown>) => void;
  readonly timer: ReturnType<typeof setTimeout>;
  /** As the other hart knows it. */
  urgency: Urgency;
}

export class Line {
  /** Why it carries nothing more, once that is so. */
  ended: string | undefined;
  readonly #sender: TypedSender<Message>;
  readonly #receiver: TypedReceiver<Message>;
  readonly #block = new Block(OCTETS_MAX);
  readonly #waiting = new Map<number, Waiting>();
  #replies: Message[] = [];
  #retry: ReturnType<typeof setTimeout> | undefined;
  #lastNumber = 0;

  constructor(ends: LineEnds, readonly parts: LineParts) {
    const sender = TypedSender.attach(
      new SharedWords(ends.out),
      messageMessage,
      GENERATION,
    );
    const receiver = TypedReceiver.attach(
      new SharedWords(ends.back),
      messageMessage,
      GENERATION,
    );
    must(
      typeof sender !== "string" && typeof receiver !== "string",
      "a line's ends are attached once",
    );
    this.#sender = sender;
    this.#receiver = receiver;
    this.#listen().catch(parts.panic);
  }

  /**
   * Calls a cell there. What was sent has an outcome soon after `waitMs`, or after
   * its caller's deadline if that is sooner.
   */
  call(
    { cell, contract, method }: Called,
    messages: CallMessages,
    args: readonly unknown[],
    { path, endMs, isDemanded }: Origin,
    waitMs: number,
  ): Outcome<unknown> | Sent {
    const { hart, now } = this.parts;
    if (this.ended !== undefined) return refused(this.ended);
    if (this.#waiting.size >= HART_CALLS_MAX) {
      return refused(`${HART_CALLS_MAX} calls wait for hart ${hart} already`);
    }
    const octets = this.#encoded(messages.ask, args);
    if (octets === undefined) return refused(TOO_LONG);
    const number = this.#number();
    const refusal = this.#sender.send({
      tag: "ask",
      val: {
        number,
        cell,
        contract,
        function: method,
        path: [...path],
        endMs,
        demanded: isDemanded,
        arguments: octets,
      },
    });
    if (refusal === "too-long") return refused(TOO_LONG);
    if (refusal !== undefined) {
      return refused(`the channel to hart ${hart} is ${refusal}`);
    }
    const coming = new Promise<Outcome<unknown>>((resolve) => {
      const timer = setTimeout(
        () => this.#resolve(number, gone(0, LATE)),
        Math.max(Math.min(waitMs, endMs - now()), 0) + HART_REPLY_GRACE_MS,
      );
      const urgency = { endMs, isDemanded };
      this.#waiting.set(number, { messages, resolve, timer, urgency });
    });
    return new Sent(coming, (who) => this.#hurry(number, who));
  }

  /** Only a hint: where it finds no room, the ask goes its way as it is. */
  #hurry(number: number, { endMs, isDemanded }: Urgency): void {
    const waiting = this.#waiting.get(number);
    if (this.ended !== undefined || waiting === undefined) return;
    const { urgency } = waiting;
    if (endMs >= urgency.endMs && (urgency.isDemanded || !isDemanded)) return;
    waiting.urgency = {
      endMs: Math.min(endMs, urgency.endMs),
      isDemanded: isDemanded || urgency.isDemanded,
    };
    const val = { number, endMs, demanded: isDemanded };
    this.#sender.send({ tag: "hurry", val });
  }

  /** The end of a call from there. */
  reply(
    number: number,
    messages: CallMessages | undefined,
    outcome: Outcome<unknown>,
  ): void {
    if (this.ended !== undefined) return;
    const told = this.#told(messages, outcome);
    const message: Message = { tag: "reply", val: { number, outcome: told } };
    this.#replies.push(message);
    this.#flush();
  }

  /** The other hart is no more, or this one ends: nothing more is carried. */
  end(reason: string): void {
    if (this.ended !== undefined) return;
    this.ended = reason;
    clearTimeout(this.#retry);
    this.#replies = [];
    this.#sender.end.close();
    this.#receiver.end.close();
    for (const number of [...this.#waiting.keys()]) {
      this.#resolve(number, gone(0, reason));
    }
  }

  async #listen(): Promise<void> {
    while (this.ended === undefined) {
      const next = this.#receiver.next();
      if (next === "taken") this.#take(this.#receiver.value);
      else if (next === "empty") {
        this.#receiver.release();
        await this.#receiver.end.sleepAsync(CHANNEL_SLEEP_MS_MAX);
      } else if (next === "closed") return;
      else must(false, `what harts send each other is well-formed: ${next}`);
    }
  }

  #take(message: Message): void {
    if (message.tag === "ask") return this.parts.serve(message.val, this);
    if (message.tag === "hurry") {
      return this.parts.hurried(message.val, this);
    }
    const { number, outcome } = message.val;
    const waiting = this.#waiting.get(number);
    // Late: its caller has learned `gone`.
    if (waiting === undefined) return;
    if (outcome.tag !== "answered") {
      const { generation, reason } = outcome.val;
      const absence = outcome.tag;
      const none = { ok: false, absence, reason, generation } as const;
      return this.#resolve(number, none);
    }
    const value = this.decoded(waiting.messages.answer, outcome.val);
    this.#resolve(number, { ok: true, value });
  }

  /** The value of a block that a hart sent. */
  decoded(message: CallMessages["ask"], octets: Uint8Array): unknown {
    this.#block.u8.set(octets);
    const value = this.#block.decode(message, octets.length);
    must(
      !(value instanceof Malformed),
      `what harts send each other is well-formed: ${message.name}`,
    );
    return value;
  }

  #resolve(number: number, outcome: Outcome<unknown>): void {
    const waiting = this.#waiting.get(number);
    if (waiting === undefined) return;
    this.#waiting.delete(number);
    clearTimeout(waiting.timer);
    waiting.resolve(outcome);
  }

  #told(
    messages: CallMessages | undefined,
    outcome: Outcome<unknown>,
  ): Told {
    if (!outcome.ok) {
      const { generation, reason, absence } = outcome;
      return { tag: absence, val: { generation, reason } };
    }
    must(messages !== undefined, "only a known call is answered");
    const octets = this.#encoded(messages.answer, outcome.value);
    return octets === undefined
      ? { tag: "gone", val: { generation: 0, reason: TOO_LONG } }
      : { tag: "answered", val: octets };
  }

  #encoded(
    message: CallMessages["ask"],
    value: unknown,
  ): Uint8Array | undefined {
    const length = this.#block.encode(message, value);
    return typeof length === "string"
      ? undefined
      : this.#block.u8.slice(0, length);
  }

  /** A reply that finds no room is tried again: its caller waits for it. */
  #flush(): void {
    clearTimeout(this.#retry);
    while (this.#replies.length > 0) {
      const refusal = this.#sender.send(this.#replies[0] as Message);
      if (refusal === "full") {
        this.#retry = setTimeout(() => this.#flush(), EPOCH_MS);
        return;
      }
      const sent = this.#replies.shift();
      if (refusal === "too-long" && sent?.tag === "reply") {
        const { number } = sent.val;
        const val = { generation: 0, reason: TOO_LONG };
        this.#replies.unshift({
          tag: "reply",
          val: { number, outcome: { tag: "gone", val } },
        });
      }
    }
  }

  #number(): number {
    do {
      this.#lastNumber = (this.#lastNumber + 1) >>> 0;
    } while (this.#waiting.has(this.#lastNumber));
    return this.#lastNumber;
  }
}

const LATE = "its hart did not reply in time";
const TOO_LONG =
  `the values of a call between harts have at most ${OCTETS_MAX} octets`;

function refused(reason: string): Outcome<never> {
  return { ok: false, absence: "refused", reason, generation: 0 };
}

function gone(generation: number, reason: string): Outcome<never> {
  return { ok: false, absence: "gone", reason, generation };
}
