/**
 * Small channels, and everything that can happen to them.
 */
import { channelWords, HEAD, makeChannel, TAIL } from "../channel.ts";
import { Receiver } from "../receiver.ts";
import { Sender } from "../sender.ts";
import type { Words } from "../words.ts";
import type { Ended, Scenario, Teller, ThreadPlan } from "./explorer.ts";
import { type MakeTwist, straight } from "./twist.ts";

const CAPACITY = 64;
const WORDS = channelWords(CAPACITY);
/** A word outside of the channel: what a receiver keeps with its state. */
const KEPT = WORDS;
/** What a reader tells instead of a message that is not whole. */
const TORN = -1;
/** The number of a message without octets. */
const EMPTY = 0;

/** The most accesses that operations make on messages of these sizes. */
const RESERVE_MAX = 6;
const COMMIT_MAX = 4;
const NEXT_MAX = 7;
const SLEEP_MAX = 4;
const CLOSE_MAX = 2;
const ATTACH_MAX = 14;

export interface ChannelCase {
  /** Octets of each message. */
  readonly lengths: readonly number[];
  /** Where the ring begins: near the end, positions wrap around. */
  readonly start?: number;
  /** Messages per commit and per release. */
  readonly batch?: number;
  /** How often a sender asks for room before it gives a message up. */
  readonly tries?: number;
  /** The sender does not close; the receiver knows how many will come. */
  readonly open?: boolean;
  readonly sender?: MakeTwist;
  readonly receiver?: MakeTwist;
}

function initAt(start: number): (words: Words) => void {
  return (words) => {
    makeChannel(words, CAPACITY);
    words.store(TAIL, start);
    words.store(HEAD, start);
  };
}

export function attached<T>(end: T | string): T {
  if (typeof end === "string") throw new Error(`not attached: ${end}`);
  return end;
}

/** Sends messages numbered from `first`; tells the number of each committed. */
function sends(
  words: Words,
  { see, op, mark }: Teller,
  sender: Sender,
  first: number,
  { lengths, batch = 1, tries = 2 }: ChannelCase,
): void {
  let reserved: number[] = [];
  for (const [index, length] of lengths.entries()) {
    mark("send", sender, first, index, String(reserved));
    let at = op("reserve", RESERVE_MAX, () => sender.reserve(length));
    for (let left = tries; left > 1 && at === "full"; left--) {
      at = op("reserve", RESERVE_MAX, () => sender.reserve(length));
    }
    if (typeof at === "number") {
      for (let i = 0; i < length / 4; i++) words.set(at + i, first + index);
      reserved.push(length === 0 ? EMPTY : first + index);
    } else if (at !== "full" && at !== "closed") throw new Error(at);
    if (reserved.length >= batch || index === lengths.length - 1) {
      op("commit", COMMIT_MAX, () => sender.commit());
      reserved.forEach(see);
      reserved = [];
    }
  }
}

/** The number of a message, if it has one, or that it is not whole. */
function numberOf(words: Words, at: number, length: number): number {
  if (length === 0) return EMPTY;
  const first = words.get(at);
  for (let i = 1; i < length / 4; i++) {
    if (words.get(at + i) !== first) return TORN;
  }
  return first;
}

/** What a receiver does around each message. */
export interface Handling {
  /** Before the message is looked at, and after it was handled. */
  readonly taken?: (receiver: Receiver) => void;
  readonly handled?: (receiver: Receiver) => void;
}

/** Takes what comes until the channel is closed, or for so many looks. */
function receives(
  words: Words,
  { see, op, mark }: Teller,
  receiver: Receiver,
  { batch = 1, open = false, lengths }: ChannelCase,
  { taken, handled }: Handling = {},
  looksMax = Infinity,
): void {
  let held = 0;
  let left = open ? lengths.length : Infinity;
  for (let looks = 0; looks < looksMax; looks++) {
    mark("receive", receiver, held, left, looksMax < Infinity ? looks : 0);
    const at = op("next", NEXT_MAX, () => receiver.next());
    if (typeof at === "number") {
      taken?.(receiver);
      see(numberOf(words, at, receiver.length));
      handled?.(receiver);
      left--;
      if (++held < batch && left > 0) continue;
    }
    op("release", 1, () => receiver.release());
    held = 0;
    if (at === "closed" || left === 0) return;
    if (at === "empty") op("sleep", SLEEP_MAX, () => receiver.sleep(1));
    if (at === "corrupt") throw new Error(receiver.fault);
  }
}

/** One sender that closes in the end, one receiver that takes it all. */
export function inOrder(
  given: ChannelCase,
  handling: Handling = {},
  looksMax = Infinity,
): Scenario {
  const { start = 0, sender = straight, receiver = straight } = given;
  return {
    words: WORDS,
    constants: TAIL,
    init: initAt(start),
    timeouts: looksMax < Infinity,
    threads: [{
      name: "sender",
      run: (plain, teller) => {
        const words = sender(plain);
        const { op } = teller;
        const end = attached(
          op("attach", ATTACH_MAX, () => Sender.attach(words, 1)),
        );
        sends(words, teller, end, 1, given);
        if (given.open !== true) op("close", CLOSE_MAX, () => end.close());
      },
    }, {
      name: "receiver",
      run: (plain, teller) => {
        const words = receiver(plain);
        const { op } = teller;
        const end = attached(
          op("attach", ATTACH_MAX, () => Receiver.attach(words, 1)),
        );
        receives(words, teller, end, given, handling, looksMax);
      },
    }],
    check: ([sent, got]) =>
      looksMax < Infinity
        ? startsWith(sent?.seen, got?.seen)
        : sameList(sent?.seen, got?.seen),
  };
}

/** A receiver dies somewhere, its successor goes on. */
export function receiverDies(
  given: ChannelCase,
  exactly: boolean,
  handling: Handling = {},
): Scenario {
  const keep = (words: Words): Handling =>
    exactly
      ? { ...handling, handled: ({ done }) => words.store(KEPT, done) }
      : handling;
  const scenario = inOrder(given, handling);
  const [sender] = scenario.threads;
  if (sender === undefined) throw new Error("no sender");
  return {
    ...scenario,
    words: WORDS + 1,
    threads: [sender, {
      name: "receiver",
      mortal: true,
      run: (words, teller) => {
        const end = attached(Receiver.attach(words, 1));
        receives(words, teller, end, given, keep(words));
      },
    }, {
      name: "successor",
      after: 1,
      run: (words, teller) => {
        const done = exactly ? words.load(KEPT) : undefined;
        // Who died before it had attached left the end free.
        const end = Receiver.attach(words, 2, 1, undefined, done);
        const free = end === "held"
          ? Receiver.attach(words, 2, 0, undefined, done)
          : end;
        receives(words, teller, attached(free), given, keep(words));
      },
    }],
    check: ([sent, first, second]) =>
      handedOver(sent, first, second, given.batch ?? 1, exactly),
  };
}

function handedOver(
  sent: Ended | undefined,
  first: Ended | undefined,
  second: Ended | undefined,
  batch: number,
  exactly: boolean,
): string | undefined {
  const all = sent?.seen ?? [];
  const before = first?.seen ?? [];
  const after = second?.seen ?? [];
  const again = before.length + after.length - all.length;
  // Told, then died before the position was kept: one more, as with any state.
  const againMax = exactly ? 1 : batch;
  const wrong = startsWith(all, before) ?? endsWith(all, after);
  if (wrong !== undefined) return wrong;
  if (again < 0) return `${-again} messages are lost`;
  return again > againMax ? `${again} messages came again` : undefined;
}

/** A sender dies somewhere, its successor sends 11, 12, … */
export function senderDies(given: ChannelCase): Scenario {
  const scenario = inOrder(given);
  const [, receiver] = scenario.threads;
  if (receiver === undefined) throw new Error("no receiver");
  return {
    ...scenario,
    threads: [
      {
        name: "sender",
        mortal: true,
        run: (words, teller) => {
          const end = attached(Sender.attach(words, 1));
          sends(words, teller, end, 1, given);
        },
      },
      receiver,
      {
        name: "successor",
        after: 0,
        run: (words, teller) => {
          const end = Sender.attach(words, 2, 1);
          const free = attached(end === "held" ? Sender.attach(words, 2) : end);
          sends(words, teller, free, 11, { ...given, lengths: [4] });
          free.close();
        },
      },
    ],
    check: ([first, got, second]) => {
      const mine = (got?.seen ?? []).filter((one) => one < 11);
      const theirs = (got?.seen ?? []).slice(mine.length);
      const unsaid = mine.length - (first?.seen.length ?? 0);
      if (unsaid < 0 || unsaid > (given.batch ?? 1)) {
        return `${unsaid} messages more than committed`;
      }
      const all = given.lengths.map((_, at) => 1 + at);
      return startsWith(all, mine) ?? sameList(second?.seen, theirs);
    },
  };
}

/** A sender detaches while the next one already asks for the end. */
export function senderHandsOver(given: ChannelCase): Scenario {
  const { sender = straight } = given;
  const looks = 3;
  const scenario = inOrder(given, {}, looks);
  const [, receiver] = scenario.threads;
  if (receiver === undefined) throw new Error("no receiver");
  const sendsOnce = (generation: number, first: number): ThreadPlan => ({
    name: `sender ${generation}`,
    run: (plain, teller) => {
      const words = sender(plain);
      const end = Sender.attach(words, generation);
      if (end === "held") return;
      sends(words, teller, attached(end), first, given);
      attached(end).detach();
    },
  });
  return {
    ...scenario,
    threads: [sendsOnce(1, 1), receiver, sendsOnce(2, 11)],
    check: ([first, got, second]) => {
      const one = first?.seen ?? [];
      const two = second?.seen ?? [];
      return startsWith([...one, ...two], got?.seen) &&
        startsWith([...two, ...one], got?.seen);
    },
  };
}

/** The receiver takes one message and closes. */
export function receiverCloses(given: ChannelCase): Scenario {
  const scenario = inOrder(given);
  const [sender] = scenario.threads;
  if (sender === undefined) throw new Error("no sender");
  return {
    ...scenario,
    threads: [sender, {
      name: "receiver",
      run: (words, teller) => {
        const end = attached(Receiver.attach(words, 1));
        receives(words, teller, end, given, {}, 1);
        end.close();
      },
    }],
    check: ([sent, got]) => startsWith(sent?.seen, got?.seen),
  };
}

function sameList(
  all: readonly number[] = [],
  part: readonly number[] = [],
): string | undefined {
  return String(all) === String(part) ? undefined : `sent ${all}, got ${part}`;
}

function startsWith(
  all: readonly number[] = [],
  part: readonly number[] = [],
): string | undefined {
  return sameList(all.slice(0, part.length), part);
}

function endsWith(
  all: readonly number[],
  part: readonly number[],
): string | undefined {
  return part.length === 0
    ? undefined
    : sameList(all.slice(-part.length), part);
}
