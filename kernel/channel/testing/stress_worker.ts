/**
 * One thread of the stress test: does its part, and says what it saw.
 *
 * A generation dies by leaving its loop without releasing or detaching. (A
 * worker that spins cannot be terminated from outside, so nothing else would be
 * a death at a random point.)
 */
import { Receiver } from "../receiver.ts";
import { Sender } from "../sender.ts";
import { SnapshotReader, SnapshotWriter } from "../snapshot.ts";
import { TableReader } from "../table_reader.ts";
import { TableWriter } from "../table_writer.ts";
import { SharedWords } from "../words.ts";
import { type Below, chance } from "./hostile_words.ts";
import { BEGINNING, type Job, type Progress } from "./stress_job.ts";

/** The octets of message `index`: its number, then what follows from it. */
function fill(into: Uint8Array, seed: number, index: number): Uint8Array {
  const below = chance(seed ^ Math.imul(index + 1, 0x9e3779b1));
  const octets = into.subarray(0, 4 + below(into.length - 3));
  for (let at = 0; at < octets.length; at++) octets[at] = below(256);
  new DataView(octets.buffer, octets.byteOffset).setUint32(0, index, true);
  return octets;
}

function hashed(hash: number, octets: Uint8Array): number {
  for (const octet of octets) hash = Math.imul(hash ^ octet, 0x01000193);
  return Math.imul(hash ^ octets.length, 0x01000193);
}

function attached<T>(end: T | string): T {
  if (typeof end === "string") throw new Error(end);
  return end;
}

function breathe(below: Below): void {
  if (below(64) === 0) Atomics.wait(new Int32Array(SHARED), 0, 0, 1);
}
const SHARED = new SharedArrayBuffer(4);

function send({ memory, seed, count }: Job): Progress {
  const words = new SharedWords(memory);
  const sender = attached(Sender.attach(words, 1));
  const below = chance(seed + 1);
  const message = new Uint8Array(Math.min(300, sender.lengthMax));
  let hash = 0;
  for (let index = 0; index < count; index++) {
    const octets = fill(message, seed, index);
    hash = hashed(hash, octets);
    let at = sender.reserve(octets.length);
    while (at === "full") {
      sender.commit();
      breathe(below);
      at = sender.reserve(octets.length);
    }
    words.write(attached(at), octets);
    if (below(4) === 0) sender.commit();
  }
  sender.commit();
  sender.close();
  return { ...BEGINNING, handled: count, hash, ended: true };
}

/** Handles messages until the channel is closed, or until it dies. */
function receive(job: Job): Progress {
  const { memory, seed, generation, before, count } = job;
  const state = { ...job.state };
  const receiver = attached(
    Receiver.attach(
      new SharedWords(memory),
      generation,
      before,
      undefined,
      state.done,
    ),
  );
  const below = chance(seed + generation);
  const into = new Uint8Array(receiver.lengthMax);
  const lives = 1 + below(Math.ceil(count / 8));
  for (let turn = 0; turn < lives;) {
    const octets = receiver.receive(into);
    if (typeof octets !== "string") {
      turn++;
      handle(state, octets);
      // Half of the generations keep where they were.
      state.done = generation % 2 === 0 ? receiver.done : undefined;
      if (below(4) === 0) receiver.release();
    } else {
      receiver.release();
      if (octets === "empty") receiver.sleep(1_000);
      else return { ...state, ended: true, fault: receiver.fault };
    }
  }
  return state;
}

function handle(state: Progress, octets: Uint8Array): void {
  const { buffer, byteOffset } = octets;
  const index = new DataView(buffer, byteOffset).getUint32(0, true);
  if (index === state.handled) {
    state.handled++;
    state.hash = hashed(state.hash, octets);
  } else if (index < state.handled) state.again++;
  else state.fault ??= `message ${index} instead of ${state.handled}`;
}

function publish({ memory, count }: Job): Progress {
  const words = new SharedWords(memory);
  const writer = attached(SnapshotWriter.attach(words, 1));
  for (let version = 1; version <= count; version++) {
    const at = writer.begin();
    if (at === "corrupt") return { ...BEGINNING, fault: writer.fault };
    const length = 4 * (1 + version % 50);
    for (let i = 0; i < length / 4; i++) words.set(at + i, version);
    writer.publish(length);
  }
  return { ...BEGINNING, handled: count, ended: true };
}

function watch({ memory, count, reader }: Job): Progress {
  const words = new SharedWords(memory);
  const end = attached(SnapshotReader.attach(words, reader, 1));
  let newest = 0;
  for (let reads = 1;; reads++) {
    const at = end.read();
    if (at === "corrupt") return { ...BEGINNING, fault: at };
    const { version, length } = end;
    let fault = version < newest ? `${version} after ${newest}` : undefined;
    for (let i = 0; i < length / 4; i++) {
      if (words.get(at + i) !== version) fault = `version ${version} is torn`;
    }
    newest = version;
    const state = { ...BEGINNING, handled: reads, fault };
    if (fault !== undefined) return state;
    if (version === count) return { ...state, ended: true };
  }
}

const KEYS = 100;

function change({ memory, seed, count }: Job): Progress {
  const words = new SharedWords(memory);
  const writer = attached(TableWriter.attach(words, 1));
  const below = chance(seed);
  const key = new Int32Array(1);
  let full = 0;
  for (let at = 1; at <= count; at++) {
    key[0] = at === count ? KEYS : below(KEYS);
    const value = (to: number) => {
      for (let i = 0; i < 4; i++) words.set(to + i, at);
    };
    if (at < count && below(4) === 0) writer.delete(key);
    else {
      while (writer.set(key, 16, value) === "full") {
        full++;
        breathe(below);
      }
    }
  }
  return { ...BEGINNING, handled: count, again: full, ended: true };
}

function look({ memory, seed, reader }: Job): Progress {
  const words = new SharedWords(memory);
  const end = attached(TableReader.attach(words, reader, 1));
  const below = chance(seed + reader);
  const newest = new Int32Array(KEYS + 1);
  const key = new Int32Array(1);
  for (let turn = 1;; turn++) {
    end.begin();
    for (let gets = 0; gets < 4; gets++) {
      const which = gets === 3 ? KEYS : below(KEYS);
      key[0] = which;
      const at = end.get(key);
      if (at === "absent") continue;
      if (at === "corrupt") return { ...BEGINNING, fault: at };
      const value = words.get(at);
      const seen = newest[which] ?? 0;
      let fault = value < seen ? `${value} after ${seen}` : undefined;
      for (let i = 1; i < 4; i++) {
        if (words.get(at + i) !== value) fault = `value ${value} is torn`;
      }
      newest[which] = value;
      if (fault !== undefined) return { ...BEGINNING, fault };
      if (which === KEYS) return { ...BEGINNING, handled: turn, ended: true };
    }
    end.end();
  }
}

const PARTS: Readonly<Record<Job["part"], (job: Job) => Progress>> = {
  send,
  receive,
  publish,
  watch,
  change,
  look,
};

const scope = self as unknown as {
  onmessage: (event: MessageEvent<Job>) => void;
  postMessage: (progress: Progress | "ready") => void;
};
scope.onmessage = ({ data }) => scope.postMessage(PARTS[data.part](data));
scope.postMessage("ready");
