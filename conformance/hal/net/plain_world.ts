/**
 * A sound network on this thread, without packets: what one host does, the other
 * one sees at once, unless the way between them is cut.
 *
 * Time passes only while somebody waits. A mutant may tamper with what passes.
 */
import type { Datagram, Message, Outcome } from "../../../hal/net_contract.ts";
import type { NetNews } from "../../../hal/net/link.ts";
import type { PlainHost } from "./plain_host.ts";

export const LIMITS = {
  frameMax: 16_384,
  window: 65_536,
  streamsMax: 64,
  backlogMax: 8,
  protocolsMax: 8,
  datagramMax: 1024,
  datagramsMax: 16,
  messageMax: 32_768,
  messagesMax: 16,
  subscriptionsMax: 16,
  providedMax: 64,
  foundMax: 16,
  textMax: 128,
  inFlightMax: 64,
  silenceMax: 1_000_000n,
} as const;

const SILENCE_US = Number(LIMITS.silenceMax);
/** One wrongness of all hosts of a network. */
export interface Tamper {
  /** What comes in place of some octets of a stream. */
  came?(octets: Uint8Array): Uint8Array[];
  /** What comes in place of a datagram. */
  datagram?(datagram: Datagram): Datagram[];
  /** What is heard in place of a message; `again`: it came before. */
  heard?(message: Message, again: boolean): Message[];
  /** What else is told in place of news. */
  news?(news: NetNews): NetNews[];
  /** How an act ends in place of how it did. */
  ended?(outcome: Outcome): Outcome;
  /** Rules that nobody keeps. */
  readonly without?: ReadonlySet<Rule>;
}

export type Rule =
  /** Whoever is at an address has to prove to be who is asked for. */
  | "proof"
  /** Damage ends a stream. */
  | "seal"
  /** Silence ends what is under way. */
  | "silence"
  /** A sender keeps to the window. */
  | "window"
  /** Messages wait for a verdict. */
  | "verdict"
  /** A verdict that is not `accept` stops a message. */
  | "rejection"
  /** What is withdrawn is not done. */
  | "withdrawal"
  /** A reset is told to the other end. */
  | "reset"
  /** `finish` leaves the other way open. */
  | "half"
  /** A protocol that is not served is not spoken. */
  | "serving"
  /** A backlog has an end. */
  | "backlog"
  /** What waits has an end, and what is dropped is counted. */
  | "counting"
  /** Who is killed or parted is known to be gone. */
  | "parting"
  /** Providers of others are asked for. */
  | "asking";

interface Cut {
  readonly since: number;
  readonly held: Array<() => void>;
}

export class PlainWorld {
  tamper: Tamper = {};
  us = 0;
  readonly hosts = new Set<PlainHost>();
  readonly #cuts = new Map<string, Cut>();
  readonly #damaged = new Set<string>();

  keeps(rule: Rule): boolean {
    return !(this.tamper.without?.has(rule) ?? false);
  }

  at(address: string): PlainHost | undefined {
    return [...this.hosts].find((one) => one.addresses.has(address));
  }

  cut(one: PlainHost, other: PlainHost): void {
    this.#cuts.set(between(one, other), { since: this.us, held: [] });
  }

  heal(one: PlainHost, other: PlainHost): void {
    const name = between(one, other);
    const held = this.#cuts.get(name)?.held ?? [];
    this.#cuts.delete(name);
    this.#damaged.delete(`${one.name}>${other.name}`);
    this.#damaged.delete(`${other.name}>${one.name}`);
    for (const act of held) act();
  }

  damage(from: PlainHost, to: PlainHost): void {
    this.#damaged.add(`${from.name}>${to.name}`);
  }

  isDamaged(from: PlainHost, to: PlainHost): boolean {
    return this.#damaged.has(`${from.name}>${to.name}`);
  }

  isCut(one: PlainHost, other: PlainHost): boolean {
    return this.#cuts.has(between(one, other));
  }

  /** Does it where the way is free, else when it is. */
  pass(from: PlainHost, to: PlainHost, act: () => void): void {
    const cut = this.#cuts.get(between(from, to));
    if (cut === undefined) act();
    else cut.held.push(act);
  }

  /** Time passes; who was silent for too long is gone. */
  passes(us: number): void {
    this.us += us;
    if (!this.keeps("silence")) return;
    for (const [name, cut] of this.#cuts) {
      if (this.us - cut.since < SILENCE_US) continue;
      cut.held.length = 0;
      for (const one of this.hosts) one.silence(name);
    }
  }
}

export function between(one: PlainHost, other: PlainHost): string {
  return [one.name, other.name].sort().join(" ");
}
