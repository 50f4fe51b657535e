/**
 * A bus to an honest back end that is played here: the C library is the real one, with
 * its memory and its eventfds; only what goes over the socket is answered by a script.
 */
import { Libc } from "../libc.ts";
import { VhostBus } from "../bus.ts";
import { HEADER_OCTETS, REQUEST } from "../wire.ts";
import { honest } from "./scripted.ts";

const MEMORY_OCTETS = 1 << 20;
const DISK = 2;
const NEED_REPLY = 8;

class PlayedLibc extends Libc {
  #socket = -1;
  #waiting: number[] = [];
  /** What the bus gave for interrupts and notifications. */
  callFd = -1;
  kickFd = -1;
  /** An interrupt when so much of the next wait has gone by. */
  laterUs: number | undefined;

  override connect(): number {
    return this.#socket = this.eventfd();
  }

  override send(
    _fd: number,
    octets: Uint8Array,
    fds: readonly number[],
  ): number {
    const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
    const request = view.getUint32(0, true);
    const needsReply = (view.getUint32(4, true) & NEED_REPLY) !== 0;
    if (request === REQUEST.setVringCall) this.callFd = fds[0] ?? -1;
    if (request === REQUEST.setVringKick) this.kickFd = fds[0] ?? -1;
    const says = honest(request, octets.slice(HEADER_OCTETS), needsReply);
    if (typeof says !== "string") this.#waiting.push(...says);
    return octets.length;
  }

  override receive(_fd: number, into: Uint8Array<ArrayBuffer>): number {
    const now = this.#waiting.splice(0, into.length);
    into.set(now);
    return now.length;
  }

  override readable(fds: readonly number[], ms: number): boolean[] {
    if (this.#waiting.length > 0) return fds.map((fd) => fd === this.#socket);
    const later = this.laterUs;
    if (later === undefined || ms * 1000 < later) {
      return super.readable(fds, ms);
    }
    this.laterUs = undefined;
    const untilMs = performance.now() + later / 1000;
    while (performance.now() < untilMs) super.readable([], 1);
    this.signal(this.callFd);
    return super.readable(fds, ms);
  }

  override writable(): boolean {
    return true;
  }
}

export interface Played {
  readonly bus: VhostBus;
  readonly libc: PlayedLibc;
}

/** Connected to nobody: a reset does that. */
export function played(): Played {
  const libc = new PlayedLibc();
  const bus = new VhostBus({
    libc,
    path: "/run/disk",
    kind: DISK,
    memoryOctets: MEMORY_OCTETS,
    nowMs: () => performance.now(),
  });
  return { bus, libc };
}
