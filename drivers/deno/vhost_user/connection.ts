/**
 * One connection to a vhost-user back end.
 *
 * Every wait has a bound, and whatever the back end says is checked; what it may
 * not say ends the connection with a `Lost`.
 */
import { LibcError } from "./libc.ts";
import {
  HEADER_OCTETS,
  message,
  PROTOCOL,
  PROTOCOL_FEATURES,
  replyLength,
  REQUEST,
  type RequestName,
  u64,
  words,
} from "./wire.ts";

/** The back end went away, or cannot be relied on; the message says why. */
export class Lost extends Error {
  override readonly name = "Lost";
}

/** What a connection needs of the system. */
export interface Sockets {
  /** Throws a `LibcError`. */
  connect(path: string): number;
  /** Octets sent; fewer, or less than 0, on an error. */
  send(fd: number, octets: Uint8Array, fds: readonly number[]): number;
  /** Octets received; 0 at the end, less on an error. */
  receive(fd: number, into: Uint8Array<ArrayBuffer>): number;
  readable(fds: readonly number[], ms: number): boolean[];
  writable(fd: number, ms: number): boolean;
  close(fd: number): void;
}

export interface Opened {
  readonly libc: Sockets;
  readonly path: string;
  readonly nowMs: () => number;
  /** When everything that is under way has to be done. */
  readonly untilMs: number;
  /** Octets of configuration that are asked for. */
  readonly configOctets: number;
}

export class Connection {
  readonly fd: number;
  readonly features: bigint;
  readonly config: Uint8Array;
  /** Until then, for whatever is asked now. */
  untilMs: number;
  readonly #libc: Sockets;
  readonly #nowMs: () => number;
  #acknowledges = false;

  /** Throws `Lost`, with nothing left open. */
  constructor({ libc, path, nowMs, untilMs, configOctets }: Opened) {
    this.#libc = libc;
    this.#nowMs = nowMs;
    this.untilMs = untilMs;
    try {
      this.fd = libc.connect(path);
    } catch (error) {
      throw error instanceof LibcError ? new Lost(error.message) : error;
    }
    try {
      this.features = this.#handshake();
      this.config = this.#readConfig(configOctets);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Sends a request that changes something; returns when it has. */
  set(name: RequestName, payload: Uint8Array, fds: number[] = []): void {
    this.#send(REQUEST[name], payload, fds, this.#acknowledges);
    if (!this.#acknowledges) return;
    const answer = this.#reply(REQUEST[name]);
    const isGood = answer.length === 8 && answer.every((octet) => octet === 0);
    if (!isGood) throw new Lost(`the back end refuses ${name}`);
  }

  /** Asks for a number of 64 bits. */
  get(name: RequestName): bigint {
    this.#send(REQUEST[name], new Uint8Array(), [], false);
    const answer = this.#reply(REQUEST[name]);
    if (answer.length !== 8) {
      throw new Lost(`a reply of ${answer.length} octets`);
    }
    return new DataView(answer.buffer).getBigUint64(0, true);
  }

  close(): void {
    this.#libc.close(this.fd);
  }

  #handshake(): bigint {
    const features = this.get("getFeatures");
    if ((features & PROTOCOL_FEATURES) === 0n) {
      throw new Lost("the back end knows no protocol features");
    }
    const offered = this.get("getProtocolFeatures");
    if ((offered & PROTOCOL.config) === 0n) {
      throw new Lost("the back end has no configuration");
    }
    const wanted = offered & (PROTOCOL.config | PROTOCOL.replyAck);
    this.set("setProtocolFeatures", u64(wanted));
    this.#acknowledges = (wanted & PROTOCOL.replyAck) !== 0n;
    this.set("setOwner", new Uint8Array());
    return features;
  }

  #readConfig(octets: number): Uint8Array {
    const head = words([0, octets, 0]);
    const asked = new Uint8Array(head.length + octets);
    asked.set(head);
    this.#send(REQUEST.getConfig, asked, [], false);
    const answer = this.#reply(REQUEST.getConfig);
    if (answer.length !== asked.length) {
      throw new Lost(`a configuration of ${answer.length} octets`);
    }
    return answer.slice(head.length);
  }

  #send(
    request: number,
    payload: Uint8Array,
    fds: number[],
    needsReply: boolean,
  ): void {
    const octets = message(request, payload, needsReply);
    if (!this.#libc.writable(this.fd, this.#leftMs())) {
      throw new Lost("the back end takes no message");
    }
    // A message is far shorter than a socket's buffer: it goes whole.
    const sent = this.#libc.send(this.fd, octets, fds);
    if (sent !== octets.length) throw new Lost("the back end hung up");
  }

  #reply(request: number): Uint8Array<ArrayBuffer> {
    const header = this.#receive(HEADER_OCTETS);
    const length = replyLength(header, request);
    if (typeof length === "string") throw new Lost(length);
    return this.#receive(length);
  }

  #receive(length: number): Uint8Array<ArrayBuffer> {
    const octets = new Uint8Array(length);
    for (let at = 0; at < length;) {
      const leftMs = this.#leftMs();
      const [came] = this.#libc.readable([this.fd], leftMs);
      if (came === true) {
        const got = this.#libc.receive(this.fd, octets.subarray(at));
        if (got <= 0) throw new Lost("the back end hung up");
        at += got;
      } else if (leftMs === 0) throw new Lost("the back end does not answer");
    }
    return octets;
  }

  #leftMs(): number {
    return Math.max(0, this.untilMs - this.#nowMs());
  }
}
