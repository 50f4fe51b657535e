/**
 * Streams over one connection: each with its own window in each direction, so that
 * one that nobody reads stops no other.
 */
import type { Over } from "../../../hal/net/link.ts";
import { LIMITS } from "./limits.ts";
import type { Neighbour } from "./neighbour.ts";

/** Octets of one frame of a stream. */
const PART_OCTETS = 4096;

interface Sending {
  readonly ticket: bigint;
  /** Undefined: it finishes. */
  readonly octets: Uint8Array | undefined;
  at: number;
}

/** One end of one stream. */
export class Way {
  readonly #neighbour: Neighbour;
  readonly #sends: Sending[] = [];
  #room: number = LIMITS.window;
  /** Octets that the peer may send. */
  #theirRoom: number = LIMITS.window;
  #here = false;
  #there = false;
  #over = false;

  constructor(
    neighbour: Neighbour,
    readonly number: number,
    readonly name: bigint,
  ) {
    this.#neighbour = neighbour;
  }

  add(ticket: bigint, octets: Uint8Array | undefined): void {
    this.#sends.push({ ticket, octets, at: 0 });
    this.#pump();
  }

  /** Undefined: it is none of this stream's. */
  withdraw(ticket: bigint): boolean | undefined {
    const at = this.#sends.findIndex((one) => one.ticket === ticket);
    const one = this.#sends[at];
    if (one === undefined) return undefined;
    if (one.at === 0) this.#sends.splice(at, 1);
    return one.at === 0;
  }

  /** The peer has room for more. */
  more(count: number): void {
    this.#room += count;
    this.#pump();
  }

  /** There is room for more here. */
  gives(count: number): void {
    this.#theirRoom += count;
    if (!this.#there) this.#neighbour.sendRoom(this.number, count);
  }

  /** False where the peer sends more than it may. */
  came(octets: Uint8Array): boolean {
    this.#theirRoom -= octets.length;
    if (this.#theirRoom < 0 || this.#there || octets.length === 0) return false;
    this.#neighbour.host.say({ tag: "octets", name: this.name, octets });
    return true;
  }

  finished(): void {
    this.#there = true;
    this.#neighbour.host.say({ tag: "finished", name: this.name });
    this.#tidy();
  }

  reset(): void {
    if (this.#over) return;
    this.#neighbour.sendReset(this.number);
    this.over({ tag: "reset", val: "this end reset it" });
  }

  over(how: Over): void {
    if (this.#over) return;
    this.#over = true;
    const { host } = this.#neighbour;
    for (const { ticket } of this.#sends.splice(0)) host.end(ticket, how);
    host.say({ tag: "over", name: this.name, how });
    this.#neighbour.forget(this);
  }

  #pump(): void {
    for (let next = this.#sends[0]; next; next = this.#sends[0]) {
      const { octets, ticket } = next;
      if (octets === undefined) {
        this.#neighbour.sendFinish(this.number);
        this.#here = true;
      } else {
        while (next.at < octets.length && this.#room > 0) {
          const count = Math.min(PART_OCTETS, this.#room);
          const part = octets.subarray(next.at, next.at + count);
          this.#neighbour.sendOctets(this.number, part);
          next.at += part.length;
          this.#room -= part.length;
        }
        if (next.at < octets.length) return;
      }
      this.#sends.shift();
      this.#neighbour.host.end(ticket, { tag: "done" });
    }
    this.#tidy();
  }

  #tidy(): void {
    if (this.#here && this.#there) this.#neighbour.forget(this);
  }
}
