/**
 * Messages: verified, told apart, heard, and passed on after a verdict.
 *
 * Whoever subscribes is told by each neighbour that has accepted; what was seen
 * before is dropped. What nobody here subscribes to is not passed on.
 */
import type { Outcome } from "../../../hal/net_contract.ts";
import { Allowance, keyOf } from "../../../hal/net/link.ts";
import type { VirtualHost } from "./host.ts";
import { LIMITS, SEEN_MAX } from "./limits.ts";
import type { Neighbour } from "./neighbour.ts";
import { tagOf } from "./seal.ts";
import { Writer } from "./wire.ts";

/** A message on its way. */
export interface Rumour {
  readonly topic: string;
  readonly author: Uint8Array;
  readonly number: bigint;
  readonly proof: Uint8Array;
  readonly octets: Uint8Array;
}

interface Heard {
  readonly rumour: Rumour;
  readonly from: Neighbour;
  readonly subscription: bigint;
}

export class Rumours {
  readonly #host: VirtualHost;
  readonly #subscribed = new Map<
    bigint,
    { readonly topic: string; readonly room: Allowance }
  >();
  readonly #seen = new Set<string>();
  readonly #heard = new Map<bigint, Heard>();
  #names = 0n;
  /** Not from zero: a host that returns must not repeat itself. */
  #number: bigint;

  constructor(host: VirtualHost, first: bigint) {
    this.#host = host;
    this.#number = first;
  }

  subscribe(name: bigint, topic: string): void {
    const room = new Allowance(LIMITS.messagesMax);
    this.#subscribed.set(name, { topic, room });
    for (const one of this.#host.connections()) one.sendTopic(topic, true);
  }

  unsubscribe(name: bigint): void {
    const topic = this.#subscribed.get(name)?.topic;
    this.#subscribed.delete(name);
    for (const [message, { subscription }] of this.#heard) {
      if (subscription === name) this.#heard.delete(message);
    }
    if (topic === undefined) return;
    for (const one of this.#host.connections()) one.sendTopic(topic, false);
  }

  /** Tells a new neighbour what this end subscribes to. */
  greet(neighbour: Neighbour): void {
    for (const { topic } of this.#subscribed.values()) {
      neighbour.sendTopic(topic, true);
    }
  }

  more(name: bigint, count: number): void {
    this.#subscribed.get(name)?.room.more(count);
  }

  publish(topic: string, octets: Uint8Array): Outcome {
    const { peer: author, secret } = this.#host.identity;
    const number = ++this.#number;
    const proof = tagOf(secret, signed(topic, number, octets));
    const rumour = { topic, author, number, proof, octets };
    const id = idOf(rumour);
    this.#see(keyOf(id));
    const peers = this.#pass(rumour, undefined);
    return peers === 0
      ? { tag: "unreachable", val: "nobody subscribes" }
      : { tag: "published", val: { id, peers } };
  }

  hear(rumour: Rumour, from: Neighbour): void {
    const { topic, author, number, proof, octets } = rumour;
    const id = idOf(rumour);
    const isGood = octets.length <= LIMITS.messageMax &&
      this.#host.verifies(author, signed(topic, number, octets), proof);
    if (!isGood) return from.worsens();
    if (!this.#see(keyOf(id))) return;
    for (const [subscription, one] of this.#subscribed) {
      if (one.topic !== topic) continue;
      const missed = one.room.take();
      if (missed === undefined) continue;
      const name = ++this.#names;
      this.#heard.set(name, { rumour, from, subscription });
      const sender = from.peer.slice();
      const message = {
        name,
        id,
        author: author.slice(),
        sender,
        octets: octets.slice(),
        missed,
      };
      this.#host.say({ tag: "message", subscription, message });
    }
  }

  judge(name: bigint, verdict: "accept" | "reject" | "ignore"): void {
    const heard = this.#heard.get(name);
    this.#heard.delete(name);
    if (heard === undefined) return;
    if (verdict === "accept") this.#pass(heard.rumour, heard.from);
    if (verdict === "reject") heard.from.worsens();
  }

  #pass(rumour: Rumour, from: Neighbour | undefined): number {
    const author = keyOf(rumour.author);
    const to = this.#host.neighbours().filter((one) =>
      one !== from && one.topics.has(rumour.topic) && keyOf(one.peer) !== author
    );
    for (const one of to) one.sendRumour(rumour);
    return to.length;
  }

  /** False: it was seen before. */
  #see(id: string): boolean {
    if (this.#seen.has(id)) return false;
    this.#seen.add(id);
    const [oldest] = this.#seen;
    if (this.#seen.size > SEEN_MAX && oldest !== undefined) {
      this.#seen.delete(oldest);
    }
    return true;
  }
}

function signed(topic: string, number: bigint, octets: Uint8Array) {
  return new Writer().text(topic).u64(number).octets(octets).end();
}

function idOf({ author, number }: Rumour): Uint8Array<ArrayBuffer> {
  return new Writer().raw(author.subarray(0, 56)).u64(number).end();
}
