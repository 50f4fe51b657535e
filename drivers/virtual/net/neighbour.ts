/**
 * A peer at the other end of a connection: what it says, and what is said to it.
 *
 * Frames are read here and given to the parts of the host that they concern. A
 * frame that makes no sense ends the connection.
 */
import type { Contact } from "../../../hal/net_contract.ts";
import type { Over } from "../../../hal/net/link.ts";
import type { Connection, Ears } from "./connection.ts";
import type { VirtualHost } from "./host.ts";
import { ADDRESSES_MAX, KEYS_MAX, LIMITS, TOPICS_MAX } from "./limits.ts";
import type { Rumour } from "./rumours.ts";
import { Way } from "./ways.ts";
import { Malformed, Reader, Writer } from "./wire.ts";

const ADDRESSES = 2;
const OPEN = 3;
const OPENED = 4;
const REFUSED = 5;
const OCTETS = 6;
const FINISH = 7;
const ROOM = 8;
const RESET = 9;
const TOPIC = 10;
const MESSAGE = 11;
const ASK = 12;
const FOUND = 13;
const KEY = 14;

/** Messages that were to reject until nobody listens to a peer any more. */
const REJECTED_MAX = 16;

export class Neighbour implements Ears {
  addresses: readonly string[] = [];
  readonly topics = new Set<string>();
  /** What it says that it provides. */
  readonly keys = new Set<string>();
  readonly #ways = new Map<number, Way>();
  readonly #opening = new Map<number, { ticket: bigint; protocol: string }>();
  /** The end that called has odd numbers. */
  #numbers: number;
  #rejected = 0;

  constructor(
    readonly host: VirtualHost,
    readonly connection: Connection,
    readonly peer: Uint8Array,
    calls: boolean,
  ) {
    this.#numbers = calls ? 1 : 2;
    connection.peer = peer;
    connection.ears = this;
  }

  frame(octets: Uint8Array<ArrayBuffer>): void {
    const reader = new Reader(octets);
    const kind = reader.u8();
    if (kind >= OPEN && kind <= RESET) this.#stream(kind, reader);
    else if (kind === ADDRESSES) {
      this.addresses = reader.list(ADDRESSES_MAX, () => reader.text());
      this.host.learns({ peer: this.peer, addresses: [...this.addresses] });
    } else if (kind === TOPIC) {
      changed(this.topics, reader.u8() === 1, reader.text(), TOPICS_MAX);
    } else if (kind === KEY) {
      const key = (on: boolean) =>
        changed(this.keys, on, reader.octets().toHex(), KEYS_MAX);
      key(reader.u8() === 1);
    } else if (kind === MESSAGE) {
      const rumour: Rumour = {
        topic: reader.text(),
        author: reader.octets(),
        number: reader.u64(),
        proof: reader.octets(),
        octets: reader.octets(),
      };
      this.host.rumours.hear(rumour, this);
    } else if (kind === ASK) {
      const query = reader.u32();
      this.#answer(query, reader.octets().toHex());
    } else if (kind === FOUND) {
      const query = reader.u32();
      const contacts = () =>
        reader.list(LIMITS.foundMax, (): Contact => ({
          peer: reader.octets(),
          addresses: reader.list(ADDRESSES_MAX, () => reader.text()),
        }));
      this.host.lookups.answered(query, this, contacts(), contacts());
    } else throw new Malformed("a frame is of no kind");
    reader.end();
  }

  alone(octets: Uint8Array<ArrayBuffer>): void {
    const reader = new Reader(octets);
    const protocol = reader.text();
    const body = reader.octets();
    reader.end();
    this.host.datagram(this.peer, protocol, body);
  }

  ended(how: Over): void {
    for (const way of [...this.#ways.values()]) way.over(how);
    for (const { ticket } of this.#opening.values()) {
      this.host.end(ticket, { tag: "unreachable", val: how.val });
    }
    this.#opening.clear();
    this.host.lost(this);
  }

  open(ticket: bigint, protocol: string): void {
    const number = this.#numbers;
    this.#numbers += 2;
    this.#opening.set(number, { ticket, protocol });
    this.#say(new Writer().u8(OPEN).u32(number).text(protocol));
  }

  forget(way: Way): void {
    this.#ways.delete(way.number);
    this.host.ways.delete(way.name);
  }

  /** It passed on what was to reject. */
  worsens(): void {
    this.#rejected += 1;
    if (this.#rejected < REJECTED_MAX) return;
    this.connection.close({ tag: "gone", val: "it says what is wrong" });
  }

  sendOctets(number: number, octets: Uint8Array): void {
    this.#say(new Writer().u8(OCTETS).u32(number).octets(octets));
  }

  sendFinish(number: number): void {
    this.#say(new Writer().u8(FINISH).u32(number));
  }

  sendRoom(number: number, count: number): void {
    this.#say(new Writer().u8(ROOM).u32(number).u32(count));
  }

  sendReset(number: number): void {
    this.#say(new Writer().u8(RESET).u32(number));
  }

  sendAddresses(addresses: readonly string[]): void {
    const writer = new Writer().u8(ADDRESSES);
    this.#say(writer.list(addresses, (one) => writer.text(one)));
  }

  sendTopic(topic: string, on: boolean): void {
    this.#say(new Writer().u8(TOPIC).u8(on ? 1 : 0).text(topic));
  }

  sendKey(key: Uint8Array, on: boolean): void {
    this.#say(new Writer().u8(KEY).u8(on ? 1 : 0).octets(key));
  }

  sendRumour({ topic, author, number, proof, octets }: Rumour): void {
    const writer = new Writer().u8(MESSAGE).text(topic).octets(author);
    this.#say(writer.u64(number).octets(proof).octets(octets));
  }

  sendAsk(query: number, key: Uint8Array): void {
    this.#say(new Writer().u8(ASK).u32(query).octets(key));
  }

  sendAlone(protocol: string, octets: Uint8Array): void {
    const writer = new Writer().text(protocol).octets(octets);
    this.connection.sendAlone(writer.end());
  }

  #say(writer: Writer): void {
    if (this.connection.isOpen) this.connection.send(writer.end());
  }

  #stream(kind: number, reader: Reader): void {
    const number = reader.u32();
    if (kind === OPEN) return this.#came(number, reader.text());
    if (kind === OPENED || kind === REFUSED) {
      const opening = this.#opening.get(number);
      if (opening === undefined) throw new Malformed("nobody opened it");
      this.#opening.delete(number);
      const { ticket, protocol } = opening;
      if (kind === REFUSED) {
        return this.host.end(ticket, {
          tag: "unreachable",
          val: reader.text(),
        });
      }
      this.#begin(number, ticket);
      const peer = this.peer.slice();
      const stream = { name: ticket, peer, protocol };
      return this.host.end(ticket, { tag: "opened", val: stream });
    }
    const way = this.#ways.get(number);
    if (kind === OCTETS) {
      const octets = reader.octets();
      if (way?.came(octets) === false) {
        throw new Malformed("more octets than there is room for");
      }
    } else if (kind === ROOM) way?.more(reader.u32());
    else if (kind === FINISH) way?.finished();
    else way?.over({ tag: "reset", val: "the peer reset it" });
  }

  #came(number: number, protocol: string): void {
    if (number % 2 === this.#numbers % 2 || this.#ways.has(number)) {
      throw new Malformed("a stream has a wrong number");
    }
    const admitted = this.host.admits(protocol);
    if (typeof admitted === "string") {
      return this.#say(new Writer().u8(REFUSED).u32(number).text(admitted));
    }
    this.#say(new Writer().u8(OPENED).u32(number));
    this.#begin(number, admitted);
    const stream = { name: admitted, peer: this.peer.slice(), protocol };
    this.host.say({ tag: "came", stream });
  }

  #begin(number: number, name: bigint): void {
    const way = new Way(this, number, name);
    this.#ways.set(number, way);
    this.host.ways.set(name, way);
  }

  #answer(query: number, key: string): void {
    const writer = new Writer().u8(FOUND).u32(query);
    const { providers, others } = this.host.lookups.known(key, this);
    for (const contacts of [providers, others]) {
      writer.list(
        contacts.slice(0, LIMITS.foundMax),
        ({ peer, addresses }) =>
          writer.octets(peer).list(addresses, (one) => writer.text(one)),
      );
    }
    this.#say(writer);
  }
}

function changed(
  all: Set<string>,
  on: boolean,
  one: string,
  most: number,
): void {
  if (!on) all.delete(one);
  else if (all.size < most) all.add(one);
}
