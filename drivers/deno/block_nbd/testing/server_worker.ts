/**
 * A small NBD server on a thread of its own, for tests without other programs.
 *
 * It serves one disk in memory, fails an operation when told, goes away and
 * comes back. What it answers beside the rules is chosen by `lie`.
 */
import {
  type MediumAct,
  Recorder,
} from "../../../../conformance/hal/block/crash/medium.ts";
import {
  CHUNK,
  CHUNK_TYPE,
  COMMAND,
  FLAG,
  HAVE_OPTIONS,
  INFO,
  MAGIC,
  OPTION,
  OPTION_REPLY,
  REPLY,
  REQUEST,
  REQUEST_OCTETS,
  SIMPLE_REPLY,
} from "../wire.ts";
import { Octets } from "../octets.ts";

/** What the server answers to each order. */
export interface Told {
  readonly port: number;
  readonly seen: readonly MediumAct[];
}

/** What the server is told. */
export interface Order {
  readonly size?: number;
  readonly listen?: boolean;
  readonly fail?: "read" | "write" | "flush";
  /** Forgets writes that no flush has covered, as a power cut does. */
  readonly forget?: boolean;
  /** The disk as after a power cut that left these octets. */
  readonly hold?: Uint8Array;
  /** The answer has what was done to the disk since it was asked for last. */
  readonly takeSeen?: boolean;
  readonly structured?: boolean;
  readonly lie?: Lie;
  /** Never answers the next request. */
  readonly silent?: boolean;
  readonly flags?: number;
}

export type Lie =
  | "none"
  | "noise at once"
  | "no fixed newstyle"
  | "unknown export"
  | "noise as a reply"
  | "a reply to nothing"
  | "too few octets"
  | "octets outside the request"
  | "twice the octets"
  | "an endless error text"
  | "half a header";

const LISTENS_MAX = 3000;
const LISTEN_PAUSE_MS = 20;

let disk = new Uint8Array();
let durable = new Uint8Array();
const recorder = new Recorder();
let fails: Order["fail"];
let structured = true;
let silent = false;
let lie: Lie = "none";
let flags = FLAG.hasFlags | FLAG.flush | FLAG.trim;
let listener: Deno.TcpListener | undefined;
let port = 0;
const conns = new Set<Deno.Conn>();

/** A worker's scope; the window's types do not know it. */
const scope = globalThis as typeof globalThis & {
  postMessage(told: Told): void;
};

addEventListener("message", (event) => {
  if (event instanceof MessageEvent) {
    const order: Order = event.data;
    void told(order).then((port) => {
      const seen = order.takeSeen === true ? recorder.take() : [];
      scope.postMessage({ port, seen });
    });
  }
});

async function told(data: Order): Promise<number> {
  if (data.size !== undefined) {
    disk = new Uint8Array(data.size);
    durable = disk.slice();
    recorder.take();
  }
  if (data.hold !== undefined) {
    disk = data.hold.slice();
    durable = disk.slice();
    recorder.take();
  }
  fails = data.fail ?? fails;
  structured = data.structured ?? structured;
  silent = data.silent ?? silent;
  lie = data.lie ?? lie;
  flags = data.flags ?? flags;
  if (data.forget === true) disk = durable.slice();
  if (data.listen === false) stop();
  if (data.listen === true && listener === undefined) await listen();
  return port;
}

function stop(): void {
  listener?.close();
  listener = undefined;
  for (const conn of conns) conn.close();
  conns.clear();
}

/** The platform lets go of a closed port a little later. */
async function listen(): Promise<void> {
  for (let left = LISTENS_MAX; listener === undefined; left--) {
    try {
      listener = Deno.listen({ hostname: "127.0.0.1", port });
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, LISTEN_PAUSE_MS));
    }
  }
  port = listener.addr.port;
  const open = listener;
  (async () => {
    for await (const conn of open) {
      conns.add(conn);
      conn.setNoDelay();
      serve(conn).catch(() => {}).finally(() => {
        if (conns.delete(conn)) conn.close();
      });
    }
  })().catch(() => {});
}

async function serve(conn: Deno.Conn): Promise<void> {
  const octets = new Octets(conn);
  if (lie === "noise at once") return await octets.put(noise(64));
  const hello = new DataView(new ArrayBuffer(18));
  hello.setBigUint64(0, MAGIC);
  hello.setBigUint64(8, HAVE_OPTIONS);
  hello.setUint16(16, lie === "no fixed newstyle" ? 0 : 3);
  await octets.put(new Uint8Array(hello.buffer));
  await octets.take(4);
  const agreed = await options(octets);
  if (agreed === undefined) return;
  for (;;) {
    const head = await octets.take(REQUEST_OCTETS);
    if (head.getUint32(0) !== REQUEST) return;
    if (head.getUint16(6) === COMMAND.disconnect) return;
    await answer(octets, head, agreed);
  }
}

/** Whether replies are structured; undefined if the client gave up. */
async function options(octets: Octets): Promise<boolean | undefined> {
  let agreed = false;
  for (;;) {
    const head = await octets.take(16);
    const option = head.getUint32(8);
    await octets.take(head.getUint32(12));
    if (option === OPTION.structuredReply) {
      agreed = structured;
      const type = structured ? REPLY.ack : REPLY.error + 1;
      await reply(octets, option, type, new Uint8Array());
    } else if (option === OPTION.go && lie !== "unknown export") {
      const info = new DataView(new ArrayBuffer(12));
      info.setUint16(0, INFO.export);
      info.setBigUint64(2, BigInt(disk.length));
      info.setUint16(10, flags);
      await reply(octets, option, REPLY.info, new Uint8Array(info.buffer));
      const blocks = new DataView(new ArrayBuffer(14));
      blocks.setUint16(0, INFO.blockSize);
      blocks.setUint32(2, 512);
      blocks.setUint32(6, 4096);
      // Smaller than a transfer, so that requests come in pieces.
      blocks.setUint32(10, 16_384);
      await reply(octets, option, REPLY.info, new Uint8Array(blocks.buffer));
      await reply(octets, option, REPLY.ack, new Uint8Array());
      return agreed;
    } else {
      await reply(octets, option, REPLY.error + 6, new Uint8Array());
      return undefined;
    }
  }
}

async function reply(
  octets: Octets,
  option: number,
  type: number,
  data: Uint8Array,
): Promise<void> {
  const head = new DataView(new ArrayBuffer(20));
  head.setBigUint64(0, OPTION_REPLY);
  head.setUint32(8, option);
  head.setUint32(12, type);
  head.setUint32(16, data.length);
  await octets.put(new Uint8Array(head.buffer));
  await octets.put(data);
}

async function answer(
  octets: Octets,
  head: DataView,
  agreed: boolean,
): Promise<void> {
  const command = head.getUint16(6);
  const cookie = head.getBigUint64(8);
  const from = Number(head.getBigUint64(16));
  const length = head.getUint32(24);
  const data = command === COMMAND.write
    ? new Uint8Array((await octets.take(length)).buffer)
    : new Uint8Array();
  if (silent) {
    silent = false;
    return;
  }
  const kind = (["read", "write", undefined, "flush"] as const)[command];
  const failing = kind !== undefined && fails === kind;
  if (failing) fails = undefined;
  else if (kind !== "read") carryOut(command, from, length, data);
  const error = failing ? 5 : 0;
  if (lie !== "none") return await falsely(octets, cookie, from, length);
  if (command === COMMAND.read && agreed && !failing) {
    // In two chunks, the later one first.
    const half = length / 2;
    const second = disk.slice(from + half, from + length);
    await chunk(octets, CHUNK_TYPE.data, 0, cookie, from + half, second);
    const first = disk.slice(from, from + half);
    await chunk(octets, CHUNK_TYPE.data, 1, cookie, from, first);
    return;
  }
  await simple(octets, error, agreed && command === COMMAND.read, cookie);
  if (command === COMMAND.read && !failing) {
    await octets.put(disk.slice(from, from + length));
  }
}

function carryOut(
  command: number,
  from: number,
  length: number,
  data: Uint8Array,
): void {
  if (command === COMMAND.write) {
    disk.set(data, from);
    recorder.write(from, data);
  } else if (command === COMMAND.flush) {
    durable = disk.slice();
    recorder.flush();
  } else if (command === COMMAND.trim) {
    disk.fill(0, from, from + length);
    recorder.zero(from, length);
  }
}

/** A simple reply; to a read over structured replies an error chunk. */
async function simple(
  octets: Octets,
  error: number,
  asChunk: boolean,
  cookie: bigint,
): Promise<void> {
  if (asChunk) {
    const text = new TextEncoder().encode("medium error");
    const data = new DataView(new ArrayBuffer(6 + text.length));
    data.setUint32(0, error);
    data.setUint16(4, text.length);
    new Uint8Array(data.buffer).set(text, 6);
    const head = chunkHead(CHUNK_TYPE.error + 1, 1, cookie, data.byteLength);
    await octets.put(head);
    return await octets.put(new Uint8Array(data.buffer));
  }
  const head = new DataView(new ArrayBuffer(16));
  head.setUint32(0, SIMPLE_REPLY);
  head.setUint32(4, error);
  head.setBigUint64(8, cookie);
  await octets.put(new Uint8Array(head.buffer));
}

function chunkHead(
  type: number,
  done: number,
  cookie: bigint,
  length: number,
): Uint8Array {
  const head = new DataView(new ArrayBuffer(20));
  head.setUint32(0, CHUNK);
  head.setUint16(4, done);
  head.setUint16(6, type);
  head.setBigUint64(8, cookie);
  head.setUint32(16, length);
  return new Uint8Array(head.buffer);
}

async function chunk(
  octets: Octets,
  type: number,
  done: number,
  cookie: bigint,
  offset: number,
  data: Uint8Array,
): Promise<void> {
  const place = new DataView(new ArrayBuffer(8));
  place.setBigUint64(0, BigInt(offset));
  await octets.put(chunkHead(type, done, cookie, 8 + data.length));
  await octets.put(new Uint8Array(place.buffer));
  await octets.put(data);
}

async function falsely(
  octets: Octets,
  cookie: bigint,
  from: number,
  length: number,
): Promise<void> {
  const data = new Uint8Array(length);
  const { data: type, error } = CHUNK_TYPE;
  switch (lie) {
    case "noise as a reply":
      return await octets.put(noise(256));
    case "a reply to nothing":
      return await simple(octets, 0, false, cookie + 77n);
    case "too few octets":
      return await chunk(octets, type, 1, cookie, from, data.subarray(1));
    case "octets outside the request":
      return await chunk(octets, type, 1, cookie, from + 512, data);
    case "twice the octets":
      await chunk(octets, type, 0, cookie, from, data);
      return await chunk(octets, type, 1, cookie, from, data);
    case "an endless error text":
      return await octets.put(chunkHead(error + 1, 1, cookie, 0xffff_ffff));
    case "half a header":
      await octets.put(chunkHead(type, 0, cookie, 100).subarray(0, 7));
      return stop();
  }
}

function noise(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 73 + 11) & 0xff);
}
