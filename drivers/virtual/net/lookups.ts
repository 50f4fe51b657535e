/**
 * Looking up providers: neighbours are asked, and those whom they name.
 *
 * A provider tells its neighbours; whoever is asked says what it was told and whom
 * it is connected with. What is found is a hint: its address goes into the book.
 */
import type { Contact } from "../../../hal/net_contract.ts";
import { keyOf } from "../../../hal/net/link.ts";
import type { VirtualHost } from "./host.ts";
import type { Neighbour } from "./neighbour.ts";

/** Peers that one lookup asks. */
const ASKED_MAX = 64;
/** How long one of them may take. */
const ANSWER_US = 1_000_000;

interface Lookup {
  readonly ticket: bigint;
  readonly key: Uint8Array;
  readonly most: number;
  readonly found: Map<string, Uint8Array>;
  readonly asked: Set<string>;
  readonly waiting: Set<string>;
}

export class Lookups {
  readonly provided = new Map<string, Uint8Array>();
  readonly #host: VirtualHost;
  readonly #all = new Map<number, Lookup>();
  #numbers = 0;

  constructor(host: VirtualHost) {
    this.#host = host;
  }

  provide(key: Uint8Array): boolean {
    this.provided.set(keyOf(key), key);
    const to = this.#host.connections();
    for (const one of to) one.sendKey(key, true);
    return to.length > 0;
  }

  retract(key: Uint8Array): void {
    this.provided.delete(keyOf(key));
    for (const one of this.#host.connections()) one.sendKey(key, false);
  }

  greet(neighbour: Neighbour): void {
    for (const key of this.provided.values()) neighbour.sendKey(key, true);
  }

  find(ticket: bigint, key: Uint8Array, most: number): void {
    const query = ++this.#numbers;
    const lookup: Lookup = {
      ticket,
      key,
      most,
      found: new Map(),
      asked: new Set([keyOf(this.#host.identity.peer)]),
      waiting: new Set(),
    };
    this.#all.set(query, lookup);
    for (const one of this.#host.neighbours()) {
      if (one.keys.has(keyOf(key))) lookup.found.set(keyOf(one.peer), one.peer);
      this.#ask(query, lookup, one.peer);
    }
    this.#settle(query, lookup);
  }

  /** What this end can say to somebody who asks. */
  known(
    key: string,
    asks: Neighbour,
  ): { providers: Contact[]; others: Contact[] } {
    const { identity, addresses } = this.#host;
    const others = this.#host.neighbours().filter((one) => one !== asks);
    const contact = ({ peer, addresses }: Neighbour): Contact => ({
      peer,
      addresses: [...addresses],
    });
    const providers = others.filter(({ keys }) => keys.has(key)).map(contact);
    if (this.provided.has(key)) {
      providers.push({ peer: identity.peer, addresses: [...addresses] });
    }
    return { providers, others: others.map(contact) };
  }

  answered(
    query: number,
    from: Neighbour,
    providers: readonly Contact[],
    others: readonly Contact[],
  ): void {
    const lookup = this.#all.get(query);
    if (lookup === undefined || !lookup.waiting.delete(keyOf(from.peer))) {
      return;
    }
    const self = keyOf(this.#host.identity.peer);
    for (const one of [...providers, ...others]) this.#host.learns(one);
    for (const { peer } of providers) {
      if (keyOf(peer) !== self) lookup.found.set(keyOf(peer), peer);
    }
    for (const { peer } of others) this.#ask(query, lookup, peer);
    this.#settle(query, lookup);
  }

  #ask(query: number, lookup: Lookup, peer: Uint8Array): void {
    const name = keyOf(peer);
    if (lookup.asked.has(name) || lookup.asked.size >= ASKED_MAX) return;
    lookup.asked.add(name);
    lookup.waiting.add(name);
    this.#host.reach(peer, (neighbour) => {
      if (neighbour !== undefined) {
        return neighbour.sendAsk(query, lookup.key);
      }
      lookup.waiting.delete(name);
      this.#settle(query, lookup);
    });
    this.#host.after(ANSWER_US, () => {
      lookup.waiting.delete(name);
      this.#settle(query, lookup);
    });
  }

  #settle(query: number, lookup: Lookup): void {
    const { ticket, found, most, waiting } = lookup;
    if (waiting.size > 0 && found.size < most) return;
    if (!this.#all.delete(query)) return;
    const peers = [...found.values()].slice(0, most);
    const val = peers.map((peer) => peer.slice());
    this.#host.end(ticket, { tag: "found", val });
  }
}
