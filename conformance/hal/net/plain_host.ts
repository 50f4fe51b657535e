/** One host of a plain network, as its holder's session sees it. */
import type {
  Contact,
  Message,
  Outcome,
  StreamEnd,
} from "../../../hal/net_contract.ts";
import {
  type Act,
  Allowance,
  INCOMING,
  keyOf,
  type NetLink,
  type NetNews,
  type Over,
  type Room,
  type Told,
} from "../../../hal/net/link.ts";
import { between, LIMITS, type PlainWorld } from "./plain_world.ts";
import { PlainEnd } from "./plain_end.ts";

interface Served {
  readonly backlog: Allowance;
  readonly datagrams: Allowance;
}

interface Subscribed {
  readonly topic: string;
  readonly messages: Allowance;
}

export class PlainHost implements NetLink {
  readonly name: string;
  readonly addresses = new Set<string>();
  readonly provided = new Set<string>();
  readonly connected = new Set<PlainHost>();
  readonly ends = new Map<bigint, PlainEnd>();
  readonly #world: PlainWorld;
  readonly #news: NetNews[] = [];
  readonly #book = new Map<string, readonly string[]>();
  readonly #served = new Map<string, Served>();
  readonly #subscribed = new Map<bigint, Subscribed>();
  readonly #seen = new Set<string>();
  readonly #waiting = new Map<bigint, Message & { topic: string }>();
  /** Acts on a way that is cut, by ticket. */
  readonly #held = new Map<bigint, PlainHost>();
  #names = 0n;

  constructor(world: PlainWorld, readonly peer: Uint8Array) {
    this.#world = world;
    this.name = keyOf(peer);
    world.hosts.add(this);
  }

  nowUs(): number {
    return this.#world.us;
  }

  wait(us: number): void {
    if (this.#news.length === 0) this.#world.passes(us);
  }

  receive(): NetNews | undefined {
    return this.#news.shift();
  }

  say(news: NetNews): void {
    this.#news.push(...this.#world.tamper.news?.(news) ?? [news]);
  }

  end(ticket: bigint, outcome: Outcome): void {
    const said = this.#world.tamper.ended?.(outcome) ?? outcome;
    this.say({ tag: "ended", ticket, outcome: said });
  }

  ask(ticket: bigint, asked: Act): boolean {
    const act = structuredClone(asked);
    switch (act.tag) {
      case "open":
      case "post":
        this.#toward(ticket, act.peer, act.tag, (to) => {
          if (act.tag === "open") this.#open(ticket, to, act.protocol);
          else this.#post(ticket, to, act.protocol, act.octets);
        });
        return true;
      case "send":
      case "finish": {
        const octets = act.tag === "send" ? act.octets : undefined;
        const end = this.ends.get(act.name);
        if (end !== undefined) end.add(ticket, octets);
        else this.end(ticket, { tag: "gone", val: "the stream has ended" });
        return true;
      }
      default:
        this.end(ticket, this.#done(act));
        return true;
    }
  }

  withdraw(ticket: bigint): boolean {
    for (const end of this.ends.values()) {
      const found = end.withdraw(ticket, this.#world.keeps("withdrawal"));
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
        return this.ends.get(told.name)?.reset();
      case "subscribe": {
        const messages = new Allowance(LIMITS.messagesMax);
        this.#subscribed.set(told.name, { topic: told.topic, messages });
        return;
      }
      case "unsubscribe":
        return void this.#subscribed.delete(told.name);
      case "judge":
        return this.#judge(told.name, told.verdict === "accept");
      case "retract":
        return void this.provided.delete(keyOf(told.key));
      case "part":
        return this.#part(keyOf(told.peer));
      case "room":
        return this.#room(told.of, told.more);
    }
  }

  /** Another host connects, or is connected to. */
  connect(other: PlainHost): void {
    for (const [one, to] of [[this, other], [other, this]] as const) {
      one.connected.add(to);
      one.saysConnected();
    }
  }

  disconnect(other: PlainHost, why: string): void {
    for (const [one, to] of [[this, other], [other, this]] as const) {
      one.connected.delete(to);
      one.saysConnected();
      one.#ends(to, { tag: "gone", val: why });
    }
  }

  saysConnected(): void {
    const peers = [...this.connected].map(({ peer }) => peer);
    this.say({ tag: "connected", peers });
  }

  /** Nothing came by that way for too long. */
  silence(way: string): void {
    for (const other of this.connected) {
      if (between(this, other) === way) this.disconnect(other, "silent");
    }
    for (const [ticket, other] of this.#held) {
      if (between(this, other) !== way) continue;
      this.#held.delete(ticket);
      this.end(ticket, { tag: "unreachable", val: "nobody answers" });
    }
  }

  dies(): void {
    this.#world.hosts.delete(this);
    if (!this.#world.keeps("parting")) return;
    for (const other of this.connected) this.disconnect(other, "it died");
  }

  #ends(other: PlainHost, how: Over): void {
    for (const end of this.ends.values()) {
      if (end.other === other) end.over(how);
    }
  }

  #part(name: string): void {
    for (const other of this.connected) {
      if (other.name !== name) continue;
      this.#book.delete(name);
      if (this.#world.keeps("parting")) this.disconnect(other, "parted");
      else {
        this.connected.delete(other);
        this.saysConnected();
      }
    }
  }

  /** Connects where need be; then, where the way is free, does it. */
  #toward(
    ticket: bigint,
    peer: Uint8Array,
    what: string,
    act: (to: PlainHost) => void,
  ): void {
    const name = keyOf(peer);
    const known = [...this.connected].find((one) => one.name === name);
    const to = known ?? this.#reached(name, this.#book.get(name) ?? []);
    if (to === undefined) {
      return this.end(ticket, { tag: "unreachable", val: `to ${what}` });
    }
    this.#held.set(ticket, to);
    this.#world.pass(this, to, () => {
      this.#held.delete(ticket);
      act(to);
    });
  }

  #reached(
    name: string,
    addresses: readonly string[],
  ): PlainHost | undefined {
    for (const address of addresses) {
      const one = this.#world.at(address);
      if (one === undefined || one === this) continue;
      const proven = one.name === name || !this.#world.keeps("proof");
      if (!proven || this.#world.isCut(this, one)) continue;
      if (!this.connected.has(one)) this.connect(one);
      return one;
    }
    return undefined;
  }

  #open(ticket: bigint, to: PlainHost, protocol: string): void {
    const world = this.#world;
    const backlog = to.#served.get(protocol)?.backlog;
    const taken = backlog?.take() ??
      (world.keeps("backlog") ? undefined : backlog && 0n);
    if (taken === undefined && (backlog || world.keeps("serving"))) {
      return this.end(ticket, { tag: "unreachable", val: "no room for it" });
    }
    const name = INCOMING + ++to.#names;
    const here = new PlainEnd(world, this, to, ticket);
    const there = new PlainEnd(world, to, this, name);
    here.join(there);
    const stream: StreamEnd = { name: ticket, peer: to.peer.slice(), protocol };
    this.end(ticket, { tag: "opened", val: stream });
    if (taken === undefined) return;
    const seen = { name, peer: this.peer.slice(), protocol };
    to.say({ tag: "came", stream: seen });
  }

  #post(
    ticket: bigint,
    to: PlainHost,
    protocol: string,
    octets: Uint8Array,
  ): void {
    this.end(ticket, { tag: "done" });
    const served = to.#served.get(protocol);
    if (served === undefined || this.#world.isDamaged(this, to)) return;
    const missed = served.datagrams.take();
    if (missed === undefined) return;
    const counted = this.#world.keeps("counting") ? missed : 0n;
    const datagram = { peer: this.peer.slice(), octets, missed: counted };
    const come = this.#world.tamper.datagram?.(datagram) ?? [datagram];
    for (const one of come) {
      to.say({ tag: "datagram", protocol, datagram: one });
    }
  }

  #done(
    act: Exclude<Act, { tag: "open" | "post" | "send" | "finish" }>,
  ): Outcome {
    switch (act.tag) {
      case "publish":
        return this.#publish(act.topic, act.octets);
      case "find":
        return { tag: "found", val: this.#find(keyOf(act.key), act.most) };
      case "provide":
        this.provided.add(keyOf(act.key));
        return this.connected.size > 0
          ? { tag: "done" }
          : { tag: "unreachable", val: "nobody is connected" };
      case "listen":
        this.addresses.add(act.address);
        return { tag: "listening", val: [...this.addresses] };
      case "meet":
        return this.#meet(act.contact);
    }
  }

  #meet({ peer, addresses }: Contact): Outcome {
    const to = this.#reached(keyOf(peer), addresses);
    if (to === undefined) {
      return { tag: "unreachable", val: "it is not there" };
    }
    this.#book.set(keyOf(peer), addresses);
    return { tag: "done" };
  }

  #publish(topic: string, octets: Uint8Array): Outcome {
    const count = Uint8Array.of(Number(++this.#names));
    const id = new Uint8Array([...this.peer, ...count]);
    this.#seen.add(keyOf(id));
    const author = this.peer;
    const message = {
      name: 0n,
      id,
      author,
      sender: author,
      octets,
      missed: 0n,
    };
    const peers = this.#pass(topic, message, this);
    return peers === 0
      ? { tag: "unreachable", val: "nobody subscribes" }
      : { tag: "published", val: { id, peers } };
  }

  /** To all that subscribe, but for where it came from. */
  #pass(topic: string, message: Message, from: PlainHost): number {
    let count = 0;
    for (const other of this.connected) {
      const names = [...other.#subscribed.values()];
      if (other === from || !names.some((one) => one.topic === topic)) continue;
      count += 1;
      this.#world.pass(this, other, () => other.#hear(topic, message, this));
    }
    return count;
  }

  #hear(topic: string, message: Message, from: PlainHost): void {
    const again = this.#seen.has(keyOf(message.id));
    this.#seen.add(keyOf(message.id));
    const { heard } = this.#world.tamper;
    if ((again && heard === undefined) || this.#world.isDamaged(from, this)) {
      return;
    }
    for (const [subscription, one] of this.#subscribed) {
      if (one.topic !== topic) continue;
      const missed = one.messages.take();
      if (missed === undefined) continue;
      const counted = this.#world.keeps("counting") ? missed : 0n;
      const name = ++this.#names;
      const came = structuredClone({
        ...message,
        name,
        sender: from.peer,
        missed: counted,
      });
      this.#waiting.set(name, { ...came, topic });
      const all = heard?.(came, again) ?? [came];
      for (const each of all) {
        this.say({ tag: "message", subscription, message: each });
      }
      if (!this.#world.keeps("verdict")) this.#judge(name, true);
    }
  }

  #judge(name: bigint, good: boolean): void {
    const message = this.#waiting.get(name);
    this.#waiting.delete(name);
    if (message === undefined) return;
    if (!good && this.#world.keeps("rejection")) return;
    const { topic, ...rest } = message;
    this.#pass(topic, { ...rest, missed: 0n }, this);
  }

  /** Asks whoever can be reached, and remembers where who was found is. */
  #find(key: string, most: number): Uint8Array[] {
    const asked = new Set<PlainHost>([this]);
    for (const one of asked) {
      if (one !== this && !this.#world.keeps("asking")) break;
      for (const next of one.connected) {
        if (!this.#world.isCut(one, next)) asked.add(next);
      }
    }
    asked.delete(this);
    const found = [...asked].filter(({ provided }) => provided.has(key));
    for (const one of found) this.#book.set(one.name, [...one.addresses]);
    return found.slice(0, most).map(({ peer }) => peer.slice());
  }

  #room(of: Room, more: number): void {
    if (of.tag === "octets") this.ends.get(of.name)?.partner?.more(more);
    else if (of.tag === "messages") {
      this.#subscribed.get(of.name)?.messages.more(more);
    } else this.#served.get(of.protocol)?.[of.tag].more(more);
  }
}
