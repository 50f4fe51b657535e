/**
 * One simulated host, as its holder's session sees it.
 *
 * It answers what it is asked, says what came, and has one place in its world.
 */
import type { Contact, Outcome } from "../../../hal/net_contract.ts";
import {
  type Act,
  Allowance,
  INCOMING,
  keyOf,
  type NetLink,
  type NetNews,
  type Room,
  type Told,
} from "../../../hal/net/link.ts";
import { Calls } from "./calls.ts";
import type { Connection } from "./connection.ts";
import { BOOK_MAX, LIMITS } from "./limits.ts";
import { Lookups } from "./lookups.ts";
import { Neighbour } from "./neighbour.ts";
import { Rumours } from "./rumours.ts";
import type { Identity } from "./seal.ts";
import type { Way } from "./ways.ts";
import type { Port, World } from "./world.ts";

const PREFIX = "/virtual/";

interface Served {
  readonly backlog: Allowance;
  readonly datagrams: Allowance;
}

type Then = (neighbour: Neighbour | undefined) => void;

export class VirtualHost implements NetLink, Port {
  readonly addresses: string[] = [];
  readonly ways = new Map<bigint, Way>();
  readonly rumours: Rumours;
  readonly lookups: Lookups;
  readonly #world: World;
  readonly #calls: Calls;
  readonly #news: NetNews[] = [];
  /** Connections by identity; the first one is used. */
  readonly #neighbours = new Map<string, Neighbour[]>();
  readonly #book = new Map<string, readonly string[]>();
  /** Who waits for a call to end, by identity. */
  readonly #reaching = new Map<string, Then[]>();
  readonly #served = new Map<string, Served>();
  /** Acts that have not begun: they wait for a connection. */
  readonly #unbegun = new Set<bigint>();
  #names = 0n;
  #isDead = false;

  constructor(
    world: World,
    readonly identity: Identity,
    readonly place: string,
  ) {
    this.#world = world;
    this.#calls = new Calls(this, world);
    this.rumours = new Rumours(this, BigInt(Math.floor(world.now)) << 20n);
    this.lookups = new Lookups(this);
    world.bind(place, this);
  }

  get isListening(): boolean {
    return this.addresses.length > 0;
  }

  nowUs(): number {
    return this.#world.now;
  }

  wait(us: number): void {
    const enough = () => this.#news.length > 0;
    this.#world.pass(this.#world.now + us, enough);
  }

  receive(): NetNews | undefined {
    return this.#news.shift();
  }

  say(news: NetNews): void {
    if (!this.#isDead) this.#news.push(news);
  }

  end(ticket: bigint, outcome: Outcome): void {
    this.say({ tag: "ended", ticket, outcome });
  }

  after(us: number, act: () => void): void {
    this.#world.after(us, () => {
      if (!this.#isDead) act();
    });
  }

  deliver(from: string, packet: Uint8Array<ArrayBuffer>): void {
    this.#calls.deliver(from, packet);
  }

  verifies(peer: Uint8Array, octets: Uint8Array, proof: Uint8Array): boolean {
    return this.#world.keys.verify(peer, octets, proof);
  }

  /** One for each peer. */
  neighbours(): Neighbour[] {
    return [...this.#neighbours.values()].flatMap(([first]) => first ?? []);
  }

  /** One for each connection; both ends may have called. */
  connections(): Neighbour[] {
    return [...this.#neighbours.values()].flat();
  }

  /** It ends, without a word to anybody. */
  dies(): void {
    this.#isDead = true;
    this.#calls.abandon();
    this.#world.unbind(this);
  }

  ask(ticket: bigint, asked: Act): boolean {
    const act = structuredClone(asked);
    switch (act.tag) {
      case "open":
      case "post":
        this.#toward(ticket, act.peer, (to) => {
          if (act.tag === "open") return to.open(ticket, act.protocol);
          to.sendAlone(act.protocol, act.octets);
          this.end(ticket, { tag: "done" });
        });
        return true;
      case "send":
      case "finish": {
        const octets = act.tag === "send" ? act.octets : undefined;
        const way = this.ways.get(act.name);
        if (way !== undefined) way.add(ticket, octets);
        else this.end(ticket, { tag: "gone", val: "the stream has ended" });
        return true;
      }
      case "publish":
        this.end(ticket, this.rumours.publish(act.topic, act.octets));
        return true;
      case "find":
        this.lookups.find(ticket, act.key, act.most);
        return true;
      case "provide":
        this.end(
          ticket,
          this.lookups.provide(act.key)
            ? { tag: "done" }
            : { tag: "unreachable", val: "nobody is connected" },
        );
        return true;
      case "listen":
        this.end(ticket, this.#listen(act.address));
        return true;
      case "meet":
        this.#book.set(keyOf(act.contact.peer), act.contact.addresses);
        this.#toward(ticket, act.contact.peer, () => {
          this.end(ticket, { tag: "done" });
        });
        return true;
    }
  }

  withdraw(ticket: bigint): boolean {
    if (this.#unbegun.delete(ticket)) return true;
    for (const way of this.ways.values()) {
      const found = way.withdraw(ticket);
      if (found !== undefined) return found;
    }
    return false;
  }

  tell(told: Told): void {
    switch (told.tag) {
      case "serve":
        this.#served.set(told.protocol, {
          backlog: new Allowance(LIMITS.backlogMax),
          datagrams: new Allowance(LIMITS.datagramsMax),
        });
        return;
      case "unserve":
        return void this.#served.delete(told.protocol);
      case "reset":
        return this.ways.get(told.name)?.reset();
      case "subscribe":
        return this.rumours.subscribe(told.name, told.topic);
      case "unsubscribe":
        return this.rumours.unsubscribe(told.name);
      case "judge":
        return this.rumours.judge(told.name, told.verdict);
      case "retract":
        return this.lookups.retract(told.key);
      case "part": {
        const name = keyOf(told.peer);
        this.#book.delete(name);
        for (const { connection } of [...this.#neighbours.get(name) ?? []]) {
          connection.close({ tag: "gone", val: "parted" });
        }
        return;
      }
      case "room":
        return this.#room(told.of, told.more);
    }
  }

  /** Remembers where a peer is said to be. */
  learns({ peer, addresses }: Contact): void {
    if (addresses.length === 0 || this.#book.size >= BOOK_MAX) return;
    this.#book.set(keyOf(peer), addresses);
  }

  /** A connection on which both ends have proven who they are. */
  meets(connection: Connection, peer: Uint8Array, calls: boolean): void {
    const name = keyOf(peer);
    const neighbour = new Neighbour(this, connection, peer, calls);
    const all = this.#neighbours.get(name) ?? [];
    all.push(neighbour);
    this.#neighbours.set(name, all);
    this.rumours.greet(neighbour);
    this.lookups.greet(neighbour);
    neighbour.sendAddresses(this.addresses);
    if (all.length === 1) this.#saysConnected();
  }

  lost(neighbour: Neighbour): void {
    this.#calls.ends(neighbour.connection);
    const name = keyOf(neighbour.peer);
    const all = this.#neighbours.get(name) ?? [];
    const left = all.filter((one) => one !== neighbour);
    if (left.length > 0) return void this.#neighbours.set(name, left);
    if (this.#neighbours.delete(name)) this.#saysConnected();
  }

  /** A name for a stream that a peer opens, or why not. */
  admits(protocol: string): bigint | string {
    const served = this.#served.get(protocol);
    if (served === undefined) return "the protocol is not served";
    if (this.ways.size >= LIMITS.streamsMax) return "too many streams";
    if (served.backlog.take() === undefined) return "too many streams wait";
    return INCOMING + ++this.#names;
  }

  datagram(peer: Uint8Array, protocol: string, octets: Uint8Array): void {
    const missed = this.#served.get(protocol)?.datagrams.take();
    if (missed === undefined) return;
    const datagram = { peer: peer.slice(), octets, missed };
    this.say({ tag: "datagram", protocol, datagram });
  }

  /** Calls a peer where it is said to be, unless it is connected. */
  reach(peer: Uint8Array, then: Then): void {
    const name = keyOf(peer);
    const [first] = this.#neighbours.get(name) ?? [];
    if (first !== undefined) return then(first);
    const waiting = this.#reaching.get(name);
    if (waiting !== undefined) return void waiting.push(then);
    this.#reaching.set(name, [then]);
    this.#callNext(peer, [...this.#book.get(name) ?? []]);
  }

  #callNext(peer: Uint8Array, addresses: string[]): void {
    const address = addresses.shift();
    if (address === undefined) return this.#reached(peer);
    const place = address.slice(PREFIX.length);
    if (!address.startsWith(PREFIX) || place === this.place) {
      return this.#callNext(peer, addresses);
    }
    this.#calls.call(place, peer, (connection) => {
      if (connection === undefined) return this.#callNext(peer, addresses);
      this.meets(connection, peer, true);
      this.#reached(peer);
    });
  }

  #reached(peer: Uint8Array): void {
    const name = keyOf(peer);
    const waiting = this.#reaching.get(name) ?? [];
    this.#reaching.delete(name);
    const [first] = this.#neighbours.get(name) ?? [];
    for (const then of waiting) then(first);
  }

  #toward(
    ticket: bigint,
    peer: Uint8Array,
    act: (to: Neighbour) => void,
  ): void {
    this.#unbegun.add(ticket);
    this.reach(peer, (neighbour) => {
      if (!this.#unbegun.delete(ticket)) return;
      if (neighbour !== undefined) return act(neighbour);
      const val = "nobody who is that peer answers";
      this.end(ticket, { tag: "unreachable", val });
    });
  }

  #listen(address: string): Outcome {
    if (address !== `${PREFIX}${this.place}`) {
      return { tag: "unreachable", val: "the address is not this host's" };
    }
    if (!this.addresses.includes(address)) {
      this.addresses.push(address);
      for (const one of this.connections()) one.sendAddresses(this.addresses);
    }
    return { tag: "listening", val: [...this.addresses] };
  }

  #room(of: Room, more: number): void {
    if (of.tag === "octets") this.ways.get(of.name)?.gives(more);
    else if (of.tag === "messages") this.rumours.more(of.name, more);
    else this.#served.get(of.protocol)?.[of.tag].more(more);
  }

  #saysConnected(): void {
    const peers = this.neighbours().map(({ peer }) => peer);
    this.say({ tag: "connected", peers });
  }
}
