/**
 * One holder's side of a network: the whole contract, over a link to its driver.
 *
 * It judges requests before the driver sees them, keeps names and what waits for a
 * reader, and says how each request ended, whatever becomes of the peers or the
 * driver. Each right is an object of its own and can be handed over alone.
 *
 * Deliberately absent: the network. Drivers differ in what stands behind the link
 * and in nothing else.
 */
import type {
  ActResult,
  Condition,
  Contact,
  Host,
  NetRights,
  Outcome,
  SubmitResult,
} from "../net_contract.ts";
import {
  ADDRESSES_MAX,
  filled,
  first,
  fits,
  malformed,
  other,
  over,
  short,
  when,
} from "./checks.ts";
import { Gossip } from "./gossip.ts";
import { type Act, keyOf, type NetLink, type NetNews } from "./link.ts";
import { Peers } from "./peers.ts";
import { Requests } from "./requests.ts";

export class NetSession {
  readonly rights: NetRights;
  readonly #link: NetLink;
  readonly #host: Host;
  readonly #requests: Requests;
  readonly #peers: Peers;
  readonly #gossip: Gossip;
  readonly #provided = new Set<string>();
  #connected: readonly Uint8Array[] = [];
  /** The last thing that failed on the driver. */
  #trouble: string | undefined;

  constructor(link: NetLink, host: Host) {
    this.#link = link;
    this.#host = structuredClone(host);
    const { limits } = this.#host;
    const requests = new Requests(link, limits.inFlightMax, {
      heard: (news) => this.#heard(news),
      acted: (...all) => this.#acted(...all),
      withdrawn: (ticket, act) => {
        if (act.tag === "provide") this.#provided.delete(keyOf(act.key));
        this.#peers.withdrawn(ticket, act);
      },
      died: () => {
        this.#connected = [];
        this.#provided.clear();
        this.#peers.died();
        this.#gossip.died();
      },
    });
    this.#requests = requests;
    this.#peers = new Peers(link, requests, this.#host);
    this.#gossip = new Gossip(link, requests, limits);
    this.rights = {
      net: {
        describe: () => structuredClone(this.#host),
        cancel: requests.cancel,
        take: requests.take,
        wait: requests.wait,
        health: requests.polled(() => this.#health()),
      },
      peers: this.#peers.rights,
      publish: this.#gossip.publish,
      subscribe: this.#gossip.subscribe,
      find: { find: requests.polled((...all) => this.#find(...all)) },
      provide: {
        provide: requests.polled((...all) => this.#provide(...all)),
        retract: requests.polled((key) => this.#retract(key)),
      },
      control: {
        listen: requests.polled((...all) => this.#listen(...all)),
        meet: requests.polled((...all) => this.#meet(...all)),
        part: requests.polled((peer) => this.#part(peer)),
        connected: requests.polled(() =>
          this.#connected.map((peer) => peer.slice())
        ),
      },
    };
  }

  /** The driver has ended; everything under way is gone, for good. */
  died(why: string): void {
    this.#requests.died(why);
  }

  #heard(news: NetNews): void {
    if (news.tag === "connected") this.#connected = news.peers;
    this.#peers.heard(news);
    this.#gossip.heard(news);
  }

  #acted(ticket: bigint, act: Act, outcome: Outcome, late: boolean): void {
    this.#peers.acted(ticket, act, outcome, late);
    if (!late) {
      this.#trouble = outcome.tag === "failed" ? outcome.val : undefined;
    }
  }

  #health(): Condition {
    const { dead } = this.#requests;
    if (dead !== undefined) return { tag: "failed", val: dead };
    if (this.#trouble !== undefined) {
      return { tag: "degraded", val: this.#trouble };
    }
    return this.#connected.length > 0
      ? { tag: "ok" }
      : { tag: "degraded", val: "nobody is connected" };
  }

  #find(key: Uint8Array, most: number, within: bigint): SubmitResult {
    const { foundMax } = this.#host.limits;
    const wrong = this.#requests.judged(first(
      short("key", key),
      when(most === 0, malformed("most")),
      when(most > foundMax, over("found-max")),
    ));
    return wrong ?? this.#requests.act({ tag: "find", key, most }, within);
  }

  #provide(key: Uint8Array, within: bigint): SubmitResult {
    const name = keyOf(key);
    const known = this.#provided.has(name);
    const full = this.#provided.size >= this.#host.limits.providedMax;
    const wrong = this.#requests.judged(first(
      short("key", key),
      when(full && !known, over("provided-max")),
      when(known, { tag: "already" }),
    ));
    if (wrong !== undefined) return wrong;
    const answer = this.#requests.act({ tag: "provide", key }, within);
    if (answer.tag === "ok") this.#provided.add(name);
    return answer;
  }

  #retract(key: Uint8Array): ActResult {
    const known = this.#provided.has(keyOf(key));
    const wrong = this.#requests.judged(when(!known, { tag: "unknown" }));
    if (wrong !== undefined) return wrong;
    this.#provided.delete(keyOf(key));
    this.#link.tell({ tag: "retract", key: key.slice() });
    return { tag: "ok" };
  }

  #listen(address: string, within: bigint): SubmitResult {
    const wrong = this.#requests.judged(first(
      filled("address", address),
      fits(address, this.#host.limits),
    ));
    return wrong ?? this.#requests.act({ tag: "listen", address }, within);
  }

  #meet(contact: Contact, within: bigint): SubmitResult {
    const { peer, addresses } = contact;
    const count = addresses.length;
    const wrong = this.#requests.judged(first(
      other(peer, this.#host.peer),
      when(
        count === 0 || count > ADDRESSES_MAX || addresses.includes(""),
        malformed("addresses"),
      ),
      ...addresses.map((address) => fits(address, this.#host.limits)),
    ));
    return wrong ?? this.#requests.act({ tag: "meet", contact }, within);
  }

  #part(peer: Uint8Array): ActResult {
    const name = keyOf(peer);
    const known = this.#connected.some((one) => keyOf(one) === name);
    const wrong = this.#requests.judged(when(!known, { tag: "unknown" }));
    if (wrong !== undefined) return wrong;
    this.#link.tell({ tag: "part", peer: peer.slice() });
    return { tag: "ok" };
  }
}
