/** A back end that answers by a script, without a socket and on its own clock. */
import type { Sockets } from "../connection.ts";
import { LibcError } from "../libc.ts";
import {
  HEADER_OCTETS,
  PROTOCOL,
  PROTOCOL_FEATURES,
  REQUEST,
  u64,
} from "../wire.ts";

/** What it says to a request: octets, an end of the line, or nothing. */
export type Says = Uint8Array | "hang up" | "nothing";

export type Script = (
  request: number,
  payload: Uint8Array,
  needsReply: boolean,
) => Says;

const REPLY_FLAGS = 5;
const NEED_REPLY = 8;

export function reply(
  request: number,
  payload: Uint8Array,
  { flags = REPLY_FLAGS, length = payload.length } = {},
): Uint8Array {
  const octets = new Uint8Array(HEADER_OCTETS + payload.length);
  const view = new DataView(octets.buffer);
  view.setUint32(0, request, true);
  view.setUint32(4, flags, true);
  view.setUint32(8, length, true);
  octets.set(payload, HEADER_OCTETS);
  return octets;
}

/** What an honest one says. */
export const honest: Script = (request, payload, needsReply) => {
  switch (request) {
    case REQUEST.getFeatures:
      return reply(request, u64(PROTOCOL_FEATURES | (1n << 32n)));
    case REQUEST.getProtocolFeatures:
      return reply(request, u64(PROTOCOL.config | PROTOCOL.replyAck));
    case REQUEST.getConfig:
      return reply(request, payload);
    default:
      return needsReply ? reply(request, u64(0n)) : new Uint8Array();
  }
};

export class Scripted implements Sockets {
  nowMs = 0;
  open = 0;
  readonly sent: number[] = [];
  #waiting: number[] = [];
  #isOver = false;

  constructor(readonly script: Script) {}

  connect(path: string): number {
    if (path === "") throw new LibcError("nobody takes connections there");
    return ++this.open;
  }

  send(_fd: number, octets: Uint8Array): number {
    if (this.#isOver) return -1;
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const request = view.getUint32(0, true);
    const needsReply = (view.getUint32(4, true) & NEED_REPLY) !== 0;
    this.sent.push(request);
    const payload = octets.slice(HEADER_OCTETS);
    const says = this.script(request, payload, needsReply);
    if (says === "hang up") this.#isOver = true;
    else if (says !== "nothing") this.#waiting.push(...says);
    return octets.length;
  }

  /** One octet at a time now and then: a socket may. */
  receive(_fd: number, into: Uint8Array<ArrayBuffer>): number {
    const most = this.sent.length % 2 === 0 ? 3 : into.length;
    const now = this.#waiting.splice(0, Math.min(into.length, most));
    into.set(now);
    return now.length;
  }

  readable(fds: readonly number[], ms: number): boolean[] {
    const isReady = this.#waiting.length > 0 || this.#isOver;
    if (!isReady) this.nowMs += ms;
    return fds.map(() => isReady);
  }

  writable(): boolean {
    return true;
  }

  close(): void {
    this.open--;
  }
}
