/** One thread of the benchmark of channels: a sender or a receiver, each way. */
import { Receiver } from "../kernel/channel/receiver.ts";
import { Sender } from "../kernel/channel/sender.ts";
import { TypedReceiver, TypedSender } from "../kernel/channel/typed.ts";
import { SharedWords } from "../kernel/channel/words.ts";
import type { Standing } from "../wit/gen/rank_ranks.ts";
import { standingMessage } from "../wit/gen/rank_ranks_messages.ts";

export interface Job {
  readonly way: keyof typeof WAYS;
  readonly role: "send" | "receive";
  readonly memory: SharedArrayBuffer;
  /** The way back, for round trips. */
  readonly back: SharedArrayBuffer;
  /** One word: how many threads are ready. */
  readonly start: SharedArrayBuffer;
  readonly port: MessagePort;
  readonly count: number;
  readonly batch: number;
}

/** Octets and words of one message. */
const OCTETS = 64;
const WORDS = OCTETS / 4;

/** What the job took, and a number that depends on all that was received. */
export interface Done {
  readonly ms: number;
  readonly sum: number;
}

type Way = (job: Job, go: () => void) => number | Promise<number>;

function attached<T>(end: T | string): T {
  if (typeof end === "string") throw new Error(end);
  return end;
}

/** Waits a little without giving the processor away. */
function pause(): void {
  for (let i = 0; i < 20; i++) Atomics.pause();
}

/** Fills and reads messages in place, `batch` per commit and release. */
const words: Way = ({ role, memory, count, batch }, go) => {
  const shared = new SharedWords(memory);
  const { i32 } = shared;
  let sum = 0;
  if (role === "send") {
    const sender = attached(Sender.attach(shared, 1));
    go();
    for (let sent = 0; sent < count;) {
      const end = Math.min(count, sent + batch);
      while (sent < end) {
        const at = sender.reserve(OCTETS);
        if (typeof at === "string") break;
        for (let i = 0; i < WORDS; i++) i32[at + i] = sent + i;
        sent++;
      }
      sender.commit();
      if (sent < end) pause();
    }
    return sum;
  }
  const receiver = attached(Receiver.attach(shared, 1));
  go();
  for (let got = 0; got < count;) {
    const end = Math.min(count, got + batch);
    while (got < end) {
      const at = receiver.next();
      if (typeof at === "string") break;
      let all = 0;
      for (let i = 0; i < WORDS; i++) all += i32[at + i] as number;
      sum = (sum + all) | 0;
      got++;
    }
    receiver.release();
    if (got < end) pause();
  }
  return sum;
};

const octets: Way = ({ role, memory, count }, go) => {
  const shared = new SharedWords(memory);
  const message = new Uint8Array(OCTETS);
  let sum = 0;
  if (role === "send") {
    const sender = attached(Sender.attach(shared, 1));
    go();
    for (let sent = 0; sent < count;) {
      message[0] = sent;
      if (sender.send(message) === undefined) sent++;
      else pause();
    }
    return sum;
  }
  const receiver = attached(Receiver.attach(shared, 1));
  go();
  for (let got = 0; got < count;) {
    if (typeof receiver.receive(message) === "string") {
      pause();
      continue;
    }
    receiver.release();
    sum += message[0] as number;
    got++;
  }
  return sum;
};

const STANDING: Standing = {
  version: 1n,
  height: 2n,
  particles: 3,
  links: 4n,
  iterations: 5,
  residual: 6,
  bound: 1e-9,
  syntropy: 7,
  ageMs: 8n,
  computing: false,
  confirmed: true,
};

const typed: Way = ({ role, memory, count }, go) => {
  const shared = new SharedWords(memory);
  let sum = 0;
  if (role === "send") {
    const sender = attached(TypedSender.attach(shared, standingMessage, 1));
    go();
    for (let sent = 0; sent < count;) {
      if (sender.send(STANDING) === undefined) sent++;
      else pause();
    }
    return sum;
  }
  const receiver = attached(TypedReceiver.attach(shared, standingMessage, 1));
  go();
  for (let got = 0; got < count;) {
    if (receiver.next() !== "taken") {
      pause();
      continue;
    }
    receiver.release();
    sum += receiver.value.iterations;
    got++;
  }
  return sum;
};

/**
 * What a plain ring does, after ringbuf.js: both positions are loaded each
 * time, elements are copied one by one, one element stays free.
 */
const plainRing: Way = ({ role, memory, count }, go) => {
  const state = new Int32Array(memory, 0, 2);
  const ring = new Int32Array(memory, 8);
  const size = ring.length;
  const message = new Int32Array(WORDS);
  let sum = 0;
  go();
  for (let done = 0; done < count;) {
    const read = Atomics.load(state, 0);
    const write = Atomics.load(state, 1);
    const used = (write + size - read) % size;
    if (role === "send") {
      if (size - 1 - used < WORDS) {
        pause();
        continue;
      }
      message[0] = done;
      for (let i = 0; i < WORDS; i++) {
        ring[(write + i) % size] = message[i] as number;
      }
      Atomics.store(state, 1, (write + WORDS) % size);
    } else {
      if (used < WORDS) {
        pause();
        continue;
      }
      for (let i = 0; i < WORDS; i++) {
        message[i] = ring[(read + i) % size] as number;
      }
      Atomics.store(state, 0, (read + WORDS) % size);
      sum += message[0] as number;
    }
    done++;
  }
  return sum;
};

const post: Way = ({ role, port, count }, go) => {
  const message = new Uint8Array(OCTETS);
  if (role === "send") {
    go();
    for (let sent = 0; sent < count; sent++) port.postMessage(message);
    return 0;
  }
  return new Promise((resolve) => {
    let got = 0;
    port.onmessage = () => {
      if (++got === count) resolve(got);
    };
    go();
  });
};

/** There and back, one at a time; who waits sleeps. */
const sleeping: Way = ({ role, memory, back, count }, go) => {
  const first = role === "send";
  const sender = attached(
    Sender.attach(new SharedWords(first ? memory : back), 1),
  );
  const receiver = attached(
    Receiver.attach(new SharedWords(first ? back : memory), 1),
  );
  const message = new Uint8Array(OCTETS);
  go();
  for (let turn = 0; turn < count; turn++) {
    if (first) sender.send(message);
    while (typeof receiver.receive(message) === "string") receiver.sleep(1_000);
    receiver.release();
    if (!first) sender.send(message);
  }
  return count;
};

const postTrip: Way = ({ role, port, count }, go) => {
  const message = new Uint8Array(OCTETS);
  return new Promise((resolve) => {
    let got = 0;
    port.onmessage = () => {
      const over = ++got === count;
      if (role === "receive" || !over) port.postMessage(message);
      if (over) resolve(got);
    };
    go();
    if (role === "send") port.postMessage(message);
  });
};

const WAYS = { words, octets, typed, plainRing, post, sleeping, postTrip };

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Job>) => void;
  postMessage: (done: Done) => void;
};

scope.onmessage = async ({ data }) => {
  const start = new Int32Array(data.start);
  let startMs = 0;
  const go = () => {
    Atomics.add(start, 0, 1);
    while (Atomics.load(start, 0) < 2) Atomics.pause();
    startMs = performance.now();
  };
  const sum = await WAYS[data.way](data, go);
  const ms = performance.now() - startMs;
  data.port.close();
  scope.postMessage({ ms, sum });
};
