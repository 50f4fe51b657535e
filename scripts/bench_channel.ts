/** Channels between two threads, snapshots and tables: what they cost. */
import {
  channelWords,
  makeChannel,
  OCTETS,
} from "../kernel/channel/channel.ts";
import {
  makeSnapshot,
  SnapshotReader,
  snapshotWords,
  SnapshotWriter,
} from "../kernel/channel/snapshot.ts";
import { makeTable, tableWords } from "../kernel/channel/table.ts";
import { TableReader } from "../kernel/channel/table_reader.ts";
import { TableWriter } from "../kernel/channel/table_writer.ts";
import { typeWords } from "../kernel/channel/typed.ts";
import { SharedWords } from "../kernel/channel/words.ts";
import { standingMessage } from "../wit/gen/rank_ranks_messages.ts";
import type { Done, Job } from "./bench_channel_worker.ts";
import {
  figure,
  type Line,
  print,
  readOptions,
  type Section,
  thisMachine,
  type Unit,
} from "./bench_report.ts";
import { nanoseconds } from "./bench_timing.ts";

const MANUAL =
  `Measures channels between two threads, and what stands beside them.

usage: deno task bench:channel [--rounds 40] [--json]

  one by one     one commit and one release for each message of 64 octets
  batched        64 messages for each commit and release
  octets         the message is copied in and out of an array of octets
  typed          a WIT record of 72 octets, lowered and lifted
  plain ring     what ringbuf.js does, written again for this benchmark
  postMessage    a message port from thread to thread, 64 octets
  round trip     there and back, one at a time; who waits sleeps on a futex

Both threads spin while a ring is full or empty; of the rounds the best counts.
The last two sections are one thread alone: what the accesses cost without
anybody else.
`;

const RING_OCTETS = 2 ** 20;
const BEST = "the best round of each, not the median: two threads need two " +
  "cores, and whoever takes one away from them stops both";

interface Race {
  readonly name: string;
  readonly way: Job["way"];
  readonly count: number;
  readonly batch: number;
  readonly yardstick?: string;
}

const ONE = "one by one";
const BATCHED = "batched by 64";

/** Short: some milliseconds each, so that some rounds are undisturbed. */
const STREAMS: readonly Race[] = [
  { name: ONE, way: "words", count: 40_000, batch: 1 },
  { name: BATCHED, way: "words", count: 100_000, batch: 64 },
  { name: "one by one, octets", way: "octets", count: 30_000, batch: 1 },
  { name: "one by one, typed", way: "typed", count: 20_000, batch: 1 },
  {
    name: "plain ring",
    way: "plainRing",
    count: 40_000,
    batch: 1,
    yardstick: "of a plain ring",
  },
  {
    name: "postMessage",
    way: "post",
    count: 2_000,
    batch: 1,
    yardstick: "of postMessage",
  },
];

const TRIPS: readonly Race[] = [
  { name: "channel, sleeping", way: "sleeping", count: 400, batch: 1 },
  {
    name: "postMessage",
    way: "postTrip",
    count: 400,
    batch: 1,
    yardstick: "of postMessage",
  },
];

/** Deno's own worker options. */
interface PermissionOptions extends WorkerOptions {
  readonly deno: { readonly permissions: "none" };
}

function thread(): Worker {
  const options: PermissionOptions = {
    type: "module",
    deno: { permissions: "none" },
  };
  const url = new URL("./bench_channel_worker.ts", import.meta.url);
  return new Worker(url, options);
}

function done(worker: Worker): Promise<Done> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data as Done);
    worker.onerror = (event) => reject(new Error(event.message));
  });
}

function ring(way: Job["way"]): SharedArrayBuffer {
  const octets = channelWords(RING_OCTETS) * 4;
  const memory = new SharedArrayBuffer(octets);
  if (way === "plainRing") return memory;
  const type = way === "typed" ? typeWords(standingMessage) : OCTETS;
  makeChannel(new SharedWords(memory), RING_OCTETS, type);
  return memory;
}

/** Nanoseconds per message, of one run. */
async function race(
  threads: readonly [Worker, Worker],
  { way, count, batch }: Race,
): Promise<number> {
  const { port1, port2 } = new MessageChannel();
  const start = new SharedArrayBuffer(4);
  const job = { way, count, batch, start, memory: ring(way), back: ring(way) };
  const both = Promise.all(threads.map(done));
  threads[0].postMessage({ ...job, role: "send", port: port1 }, [port1]);
  threads[1].postMessage({ ...job, role: "receive", port: port2 }, [port2]);
  const [, received] = await both;
  if (received === undefined) throw new Error("nobody received");
  return received.ms * 1e6 / count;
}

async function between(
  threads: readonly [Worker, Worker],
  races: readonly Race[],
  rounds: number,
  unit: Unit,
): Promise<Line[]> {
  const samples: number[][] = races.map(() => []);
  for (let round = -1; round < rounds; round++) {
    for (const [at, one] of races.entries()) {
      const ns = await race(threads, one);
      // The first round warms up.
      if (round >= 0) samples[at]?.push(ns);
    }
  }
  return races.map(({ name, yardstick }, at) => {
    // Two threads need two cores: whoever takes one from them stops both.
    const ns = Math.min(...samples[at] ?? []);
    return {
      name,
      value: unit === "us" ? ns / 1_000 : ns,
      ...unit === "ns" ? { detail: `${figure(1_000 / ns)} M/s` } : {},
      ...yardstick === undefined ? {} : { yardstick },
    };
  });
}

function snapshots(rounds: number): Section {
  const octets = 4_096;
  const words = new SharedWords(
    new SharedArrayBuffer(snapshotWords(1, octets) * 4),
  );
  makeSnapshot(words, 1, octets);
  const writer = SnapshotWriter.attach(words, 1);
  const reader = SnapshotReader.attach(words, 0, 1);
  if (typeof writer === "string" || typeof reader === "string") {
    throw new Error("not attached");
  }
  const data = new Int32Array(octets / 4).fill(7);
  const mine = new Int32Array(octets / 4);
  let sum = 0;
  const publish = () => {
    words.put(writer.begin() as number, data, data.length);
    writer.publish(octets);
  };
  const ns = nanoseconds([
    (count) => {
      for (let i = 0; i < count; i++) sum += reader.read() as number;
    },
    (count) => {
      for (let i = 0; i < count; i++) {
        publish();
        sum += reader.read() as number;
      }
    },
    (count) => {
      for (let i = 0; i < count; i++) {
        publish();
        words.take(reader.read() as number, mine, mine.length);
      }
    },
    (count) => {
      for (let i = 0; i < count; i++) sum += structuredClone(data).length;
    },
  ], rounds);
  if (sum === 0) throw new Error("nothing was read");
  const names = ["read, nothing new", "publish and read", "the same, copied"];
  return {
    title: "Snapshot of 4 KiB, one thread alone",
    unit: "ns",
    lines: [
      ...names.map((name, at) => ({ name, value: ns[at] ?? NaN })),
      {
        name: "structuredClone, as postMessage does",
        value: ns[3] ?? NaN,
        yardstick: "of a clone",
      },
    ],
  };
}

const KEYS = 50_000;
const SHAPE = {
  readers: 1,
  buckets: 2 ** 17,
  entries: KEYS + 8,
  keyWords: 2,
  valueOctets: 16,
};

function tables(rounds: number): Section {
  const words = new SharedWords(
    new SharedArrayBuffer(tableWords(SHAPE) * 4),
  );
  makeTable(words, SHAPE);
  const writer = TableWriter.attach(words, 1);
  const reader = TableReader.attach(words, 0, 1);
  if (typeof writer === "string" || typeof reader === "string") {
    throw new Error("not attached");
  }
  const map = new Map<string, number>();
  const key = new Int32Array(2);
  let value = 0;
  const fill = (at: number) => words.set(at, value);
  const set = (which: number) => {
    key[0] = which;
    if (writer.set(key, 16, fill) !== undefined) throw new Error("full");
  };
  for (let which = 0; which < KEYS; which++) {
    set(which);
    map.set(`${which},0`, which);
  }
  let next = 0;
  const any = () => next = (next + 7_919) % KEYS;
  let sum = 0;
  const ns = nanoseconds([
    (count) => {
      for (let i = 0; i < count; i++) {
        key[0] = any();
        reader.begin();
        sum += words.get(reader.get(key) as number);
        reader.end();
      }
    },
    (count) => {
      for (let i = 0; i < count; i++) {
        value = i;
        set(any());
      }
    },
    (count) => {
      for (let i = 0; i < count; i++) sum += map.get(`${any()},0`) ?? 0;
    },
  ], rounds);
  if (Number.isNaN(sum)) throw new Error("nothing was read");
  return {
    title: `Table of ${KEYS} keys, one thread alone`,
    unit: "ns",
    lines: [
      { name: "begin, get, end", value: ns[0] ?? NaN },
      { name: "set", value: ns[1] ?? NaN },
      { name: "Map, by text", value: ns[2] ?? NaN, yardstick: "of a Map" },
    ],
  };
}

if (import.meta.main) {
  const options = readOptions(MANUAL, 40);
  const machine = thisMachine();
  const threads = [thread(), thread()] as const;
  const { rounds } = options;
  const sections: Section[] = [
    {
      title: "64 B from thread to thread",
      unit: "ns",
      lines: await between(threads, STREAMS, rounds, "ns"),
      // 6.5 and 27 million a second.
      goals: [{ line: ONE, limit: 153 }, { line: BATCHED, limit: 37 }],
      notes: [BEST],
    },
    {
      title: "Round trip of 64 B",
      unit: "us",
      lines: await between(threads, TRIPS, rounds, "us"),
      notes: [BEST],
    },
    snapshots(rounds),
    tables(rounds),
  ];
  for (const one of threads) one.terminate();
  print("channel", machine, options, sections);
}
