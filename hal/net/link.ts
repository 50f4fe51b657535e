/**
 * The way from a session to the driver of a host, on whatever thread it is.
 *
 * What acts on the network is asked, and answered by ticket. What waits for others
 * is the session's: the driver says what came, as far as it was told that there is
 * room. Where there is none it turns streams away, and drops and counts the rest.
 */
import type {
  Contact,
  Datagram,
  Message,
  Outcome,
  StreamEnd,
  Verdict,
} from "../net_contract.ts";

/** What is asked, and ends by its ticket. */
export type Act =
  /** The stream is called as the ticket. */
  | {
    readonly tag: "open";
    readonly peer: Uint8Array;
    readonly protocol: string;
  }
  | {
    readonly tag: "send";
    readonly name: bigint;
    readonly octets: Uint8Array;
  }
  | { readonly tag: "finish"; readonly name: bigint }
  | {
    readonly tag: "post";
    readonly peer: Uint8Array;
    readonly protocol: string;
    readonly octets: Uint8Array;
  }
  | {
    readonly tag: "publish";
    readonly topic: string;
    readonly octets: Uint8Array;
  }
  | { readonly tag: "find"; readonly key: Uint8Array; readonly most: number }
  | { readonly tag: "provide"; readonly key: Uint8Array }
  | { readonly tag: "listen"; readonly address: string }
  | { readonly tag: "meet"; readonly contact: Contact };

/** What there is room for: octets of a stream, or things that wait. */
export type Room =
  | { readonly tag: "octets"; readonly name: bigint }
  | { readonly tag: "backlog"; readonly protocol: string }
  | { readonly tag: "datagrams"; readonly protocol: string }
  | { readonly tag: "messages"; readonly name: bigint };

/** What is told: in order with acts, and never refused. */
export type Told =
  /** With room for `backlog-max` streams and `datagrams-max` datagrams. */
  | { readonly tag: "serve"; readonly protocol: string }
  | { readonly tag: "unserve"; readonly protocol: string }
  | { readonly tag: "reset"; readonly name: bigint }
  /** With room for `messages-max` messages. */
  | {
    readonly tag: "subscribe";
    readonly name: bigint;
    readonly topic: string;
  }
  | { readonly tag: "unsubscribe"; readonly name: bigint }
  | {
    readonly tag: "judge";
    readonly name: bigint;
    readonly verdict: Verdict;
  }
  | { readonly tag: "retract"; readonly key: Uint8Array }
  | { readonly tag: "part"; readonly peer: Uint8Array }
  | { readonly tag: "room"; readonly of: Room; readonly more: number };

/** How a stream ended out of order. */
export type Over = Extract<Outcome, { tag: "reset" | "gone" }>;

export type NetNews =
  /** The driver is through with an act. */
  | {
    readonly tag: "ended";
    readonly ticket: bigint;
    readonly outcome: Outcome;
  }
  /** A peer opened a stream; its name is one from `INCOMING` on. */
  | { readonly tag: "came"; readonly stream: StreamEnd }
  /** Within the room; a stream has room for `window` octets from its beginning. */
  | {
    readonly tag: "octets";
    readonly name: bigint;
    readonly octets: Uint8Array;
  }
  | { readonly tag: "finished"; readonly name: bigint }
  /** The acts on it were answered alike before. */
  | { readonly tag: "over"; readonly name: bigint; readonly how: Over }
  | {
    readonly tag: "datagram";
    readonly protocol: string;
    readonly datagram: Datagram;
  }
  | {
    readonly tag: "message";
    readonly subscription: bigint;
    readonly message: Message;
  }
  /** Who is connected from now on. */
  | { readonly tag: "connected"; readonly peers: readonly Uint8Array[] }
  /** The driver has, or says what it cannot. */
  | { readonly tag: "died"; readonly why: string };

/** Names that the driver gives to streams begin here; tickets stay below. */
export const INCOMING = 1n << 62n;

export interface NetLink {
  /** Microseconds of a clock that never goes back. */
  nowUs(): number;
  /** False where there is no room. The octets stay the caller's. */
  ask(ticket: bigint, act: Act): boolean;
  /** True if it had not begun, and now never will. */
  withdraw(ticket: bigint): boolean;
  tell(told: Told): void;
  /** The oldest news, if any. */
  receive(): NetNews | undefined;
  /** Returns when there may be news, or so many microseconds are over. */
  wait(us: number): void;
}

/** Counts room on the driver's side, and what was dropped for want of it. */
export class Allowance {
  #left: number;
  #missed = 0n;

  constructor(left: number) {
    this.#left = left;
  }

  more(count: number): void {
    this.#left += count;
  }

  /** How many were missed since the last that was taken; undefined: one more. */
  take(): bigint | undefined {
    if (this.#left === 0) {
      this.#missed += 1n;
      return undefined;
    }
    this.#left -= 1;
    const missed = this.#missed;
    this.#missed = 0n;
    return missed;
  }
}

/** Octets as a key of maps. */
export function keyOf(octets: Uint8Array): string {
  return octets.toHex();
}
