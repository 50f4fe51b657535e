/**
 * The few calls of the C library that vhost-user takes, on Linux with glibc.
 *
 * What passes descriptors, maps memory and waits for both is not in Deno. Every
 * call here checks its answer; a failure is a `LibcError` with the call's name.
 *
 * A module that may call the C library may do whatever the process may: the
 * thread's other permissions do not bind it.
 */
import type { SeenMemory } from "../../../hal/dma_memory.ts";

/** Where glibc is; the thread may load these and nothing else. */
export const LIBC_PATHS: ReadonlyArray<string> = [
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
];

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const MSG_NOSIGNAL = 0x4000;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const MFD_CLOEXEC = 1;
const MFD_ALLOW_SEALING = 2;
const F_ADD_SEALS = 1033;
/** No more seals, no shrinking, no growing: the peer cannot take it from us. */
const SEALS = 1 | 2 | 4;
const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;
const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED = 1;
const MAP_FAILED = 2n ** 64n - 1n;
const POLLIN = 1;
const POLLOUT = 4;
/** Octets of the path in an address of a UNIX socket. */
const PATH_OCTETS = 108;
/** In a message: behind its header the vector, then what goes beside the octets. */
const VECTOR_AT = 56;
const CONTROL_AT = VECTOR_AT + 16;
const CONTROL_OCTETS = 16;

const SYMBOLS = {
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  sendmsg: { parameters: ["i32", "buffer", "i32"], result: "isize" },
  recv: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
  poll: { parameters: ["buffer", "usize", "i32"], result: "i32" },
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  ftruncate: { parameters: ["i32", "i64"], result: "i32" },
  fcntl: { parameters: ["i32", "i32", "i32"], result: "i32" },
  mmap: {
    parameters: ["u64", "usize", "i32", "i32", "i32", "i64"],
    result: "u64",
  },
  munmap: { parameters: ["u64", "usize"], result: "i32" },
  addressOf: {
    name: "memcpy",
    parameters: ["buffer", "buffer", "usize"],
    result: "u64",
  },
  copyIn: {
    name: "memcpy",
    parameters: ["u64", "buffer", "usize"],
    result: "u64",
  },
  copyOut: {
    name: "memcpy",
    parameters: ["buffer", "u64", "usize"],
    result: "u64",
  },
  memset: { parameters: ["u64", "i32", "usize"], result: "u64" },
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  write: { parameters: ["i32", "buffer", "usize"], result: "isize" },
  dup: { parameters: ["i32"], result: "i32" },
  close: { parameters: ["i32"], result: "i32" },
} as const;

/** A call of the C library failed. */
export class LibcError extends Error {
  override readonly name = "LibcError";
}

type Calls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];

/**
 * A piece of memory that another process can map, too.
 *
 * glibc moves 2, 4 and 8 aligned octets by one instruction. The atomic addition
 * orders what was written before what is read next, as a ring needs it.
 */
export class SharedMemory implements SeenMemory {
  readonly #fence = new Int32Array(new SharedArrayBuffer(4));
  readonly #calls: Calls;
  readonly #address: bigint;
  #isThere = true;

  constructor(
    calls: Calls,
    readonly fd: number,
    address: bigint,
    readonly length: number,
  ) {
    this.#calls = calls;
    this.#address = address;
  }

  get(at: number, length: number): Uint8Array {
    const from = this.#inside(at, length);
    const octets = new Uint8Array(length);
    this.#calls.copyOut(octets, from, BigInt(length));
    Atomics.add(this.#fence, 0, 1);
    return octets;
  }

  set(at: number, data: Uint8Array): void {
    const to = this.#inside(at, data.length);
    // A view of a cell's memory is no buffer that a call takes.
    this.#calls.copyIn(to, new Uint8Array(data), BigInt(data.length));
    Atomics.add(this.#fence, 0, 1);
  }

  zero(at: number, length: number): void {
    this.#calls.memset(this.#inside(at, length), 0, BigInt(length));
  }

  /** Takes it away from this process. */
  end(): void {
    if (!this.#isThere) return;
    this.#isThere = false;
    this.#calls.munmap(this.#address, BigInt(this.length));
    this.#calls.close(this.fd);
  }

  /** Checked here once more: beyond it lies all of the process. */
  #inside(at: number, length: number): bigint {
    const isInside = this.#isThere && Number.isInteger(at) && at >= 0 &&
      length >= 0 && at + length <= this.length;
    if (!isInside) throw new RangeError(`${length} octets at ${at}`);
    return this.#address + BigInt(at);
  }
}

export class Libc {
  readonly #calls: Calls;

  constructor() {
    this.#calls = open().symbols;
  }

  /** A sealed, zeroed memory of whole pages. */
  memory(length: number): SharedMemory {
    const name = new TextEncoder().encode("karyon-dma\0");
    const flags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
    const fd = checked("memfd_create", this.#calls.memfd_create(name, flags));
    try {
      checked("ftruncate", this.#calls.ftruncate(fd, BigInt(length)));
      checked("fcntl", this.#calls.fcntl(fd, F_ADD_SEALS, SEALS));
      return this.mapped(fd, length);
    } catch (error) {
      this.close(fd);
      throw error;
    }
  }

  /** The memory behind a descriptor, which is the memory's from now on. */
  mapped(fd: number, length: number): SharedMemory {
    const address = this.#calls.mmap(
      0n,
      BigInt(length),
      PROT_READ_WRITE,
      MAP_SHARED,
      fd,
      0n,
    );
    if (address === MAP_FAILED) throw new LibcError("mmap failed");
    return new SharedMemory(this.#calls, fd, address, length);
  }

  /** Another descriptor of the same thing. */
  duplicate(fd: number): number {
    return checked("dup", this.#calls.dup(fd));
  }

  eventfd(): number {
    const flags = EFD_CLOEXEC | EFD_NONBLOCK;
    return checked("eventfd", this.#calls.eventfd(0, flags));
  }

  /** Adds one to an eventfd. */
  signal(fd: number): void {
    const one = new Uint8Array(new BigUint64Array([1n]).buffer);
    checked("write", Number(this.#calls.write(fd, one, 8n)));
  }

  /** Takes what an eventfd has come to; 0 if nothing. */
  take(fd: number): bigint {
    const sum = new Uint8Array(8);
    const got = Number(this.#calls.read(fd, sum, 8n));
    return got === 8 ? new DataView(sum.buffer).getBigUint64(0, true) : 0n;
  }

  /** A connected socket that does not block. */
  connect(path: string): number {
    const name = new TextEncoder().encode(path);
    if (name.length >= PATH_OCTETS) {
      throw new LibcError(`the path has more than ${PATH_OCTETS - 1} octets`);
    }
    const address = new Uint8Array(2 + PATH_OCTETS);
    new DataView(address.buffer).setUint16(0, AF_UNIX, true);
    address.set(name, 2);
    const kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
    const fd = checked("socket", this.#calls.socket(AF_UNIX, kind, 0));
    if (this.#calls.connect(fd, address, address.length) === 0) return fd;
    this.close(fd);
    throw new LibcError("nobody takes connections there");
  }

  /** Sends octets, with descriptors beside the first of them; gives how many. */
  send(fd: number, octets: Uint8Array, fds: readonly number[]): number {
    // Header, vector, control and octets in one block, so that it has one address.
    const room = Math.ceil((4 * fds.length) / 8) * 8;
    const control = fds.length === 0 ? 0 : CONTROL_OCTETS + room;
    const octetsAt = CONTROL_AT + control;
    const block = new Uint8Array(new ArrayBuffer(octetsAt + octets.length));
    const view = new DataView(block.buffer);
    const address = this.#calls.addressOf(block, block, 0n);
    view.setBigUint64(16, address + BigInt(VECTOR_AT), true);
    view.setBigUint64(24, 1n, true);
    view.setBigUint64(40, BigInt(control), true);
    view.setBigUint64(VECTOR_AT, address + BigInt(octetsAt), true);
    view.setBigUint64(VECTOR_AT + 8, BigInt(octets.length), true);
    if (fds.length > 0) {
      view.setBigUint64(32, address + BigInt(CONTROL_AT), true);
      const length = BigInt(CONTROL_OCTETS + 4 * fds.length);
      view.setBigUint64(CONTROL_AT, length, true);
      view.setInt32(CONTROL_AT + 8, SOL_SOCKET, true);
      view.setInt32(CONTROL_AT + 12, SCM_RIGHTS, true);
      fds.forEach((one, i) =>
        view.setInt32(CONTROL_AT + CONTROL_OCTETS + 4 * i, one, true)
      );
    }
    block.set(octets, octetsAt);
    return Number(this.#calls.sendmsg(fd, block, MSG_NOSIGNAL));
  }

  /** Octets that have come; 0 at the end, less on an error. */
  receive(fd: number, into: Uint8Array<ArrayBuffer>): number {
    return Number(this.#calls.recv(fd, into, BigInt(into.length), 0));
  }

  /** Which of them can be read, or have ended, within `ms`. */
  readable(fds: readonly number[], ms: number): boolean[] {
    return this.#poll(fds, POLLIN, ms);
  }

  writable(fd: number, ms: number): boolean {
    return this.#poll([fd], POLLOUT, ms)[0] === true;
  }

  close(fd: number): void {
    this.#calls.close(fd);
  }

  #poll(fds: readonly number[], events: number, ms: number): boolean[] {
    const all = new Uint8Array(8 * fds.length);
    const view = new DataView(all.buffer);
    fds.forEach((fd, i) => {
      view.setInt32(8 * i, fd, true);
      view.setInt16(8 * i + 4, events, true);
    });
    // A signal ends it early; whoever waits looks at the time and waits again.
    this.#calls.poll(all, BigInt(fds.length), Math.ceil(ms));
    return fds.map((_, i) => view.getInt16(8 * i + 6, true) !== 0);
  }
}

function checked(call: string, answer: number): number {
  if (answer < 0) throw new LibcError(`${call} failed`);
  return answer;
}

function open(): Deno.DynamicLibrary<typeof SYMBOLS> {
  for (const path of LIBC_PATHS) {
    try {
      return Deno.dlopen(path, SYMBOLS);
    } catch (error) {
      if (error instanceof Deno.errors.NotCapable) throw error;
    }
  }
  throw new LibcError(`no glibc is at ${LIBC_PATHS.join(", ")}`);
}
