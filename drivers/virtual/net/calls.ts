/**
 * Calling hosts and being called: the packets before a connection.
 *
 * Who calls says hello with a number of chance until it is welcomed; the welcome
 * proves the identity over both ends' numbers. Then the caller proves its own in
 * its first frame. Nobody is a neighbour who has not proven who it is.
 */
import { keyOf } from "../../../hal/net/link.ts";
import {
  Connection,
  HELLO,
  SEALED,
  SILENCE_US,
  WELCOME,
} from "./connection.ts";
import type { VirtualHost } from "./host.ts";
import { sameOctets, tagOf } from "./seal.ts";
import { Malformed, Reader, Writer } from "./wire.ts";
import type { World } from "./world.ts";

const NUMBER_OCTETS = 8;
const HELLO_US = 50_000;
const HELLOS_MAX = 20;
/** Connections that nobody has proven anything on. */
const UNPROVEN_MAX = 64;
/** The first frame of who called. */
const PROOF = 1;

interface Calling {
  readonly to: string;
  readonly wanted: Uint8Array;
  readonly number: Uint8Array;
  readonly then: (connection: Connection | undefined) => void;
  hellos: number;
}

interface Called {
  readonly number: Uint8Array;
  readonly welcome: Uint8Array<ArrayBuffer>;
  readonly connection: Connection;
}

export class Calls {
  readonly #host: VirtualHost;
  readonly #world: World;
  readonly #connections = new Map<number, Connection>();
  readonly #calling = new Map<number, Calling>();
  /** By who called and its name of the connection. */
  readonly #called = new Map<string, Called>();

  constructor(host: VirtualHost, world: World) {
    this.#host = host;
    this.#world = world;
  }

  /** Calls whoever is at a place; it has to be `wanted`. */
  call(
    to: string,
    wanted: Uint8Array,
    then: (connection: Connection | undefined) => void,
  ): void {
    const name = this.#name();
    const number = this.#number();
    const calling = { to, wanted, number, then, hellos: 0 };
    this.#calling.set(name, calling);
    this.#hello(name, calling);
  }

  abandon(): void {
    for (const one of this.#connections.values()) one.abandon();
    this.#connections.clear();
    this.#calling.clear();
    this.#called.clear();
  }

  deliver(from: string, packet: Uint8Array<ArrayBuffer>): void {
    try {
      const reader = new Reader(packet);
      const kind = reader.u8();
      if (kind === HELLO) this.#hears(from, reader);
      else if (kind === WELCOME) this.#welcomed(from, reader);
      else if (kind === SEALED) {
        const connection = this.#connections.get(reader.u32());
        if (connection?.to === from) connection.deliver(packet.slice(5));
      }
    } catch (error) {
      // Nobody is there yet whom it could be held against.
      if (!(error instanceof Malformed)) throw error;
    }
  }

  /** Forgets a connection when its end has been told for long enough. */
  ends(connection: Connection): void {
    this.#world.after(4 * SILENCE_US, () => {
      for (const [name, one] of this.#connections) {
        if (one === connection) this.#connections.delete(name);
      }
      for (const [name, one] of this.#called) {
        if (one.connection === connection) this.#called.delete(name);
      }
    });
  }

  /** Of chance: what is meant for a host that died must not harm its successor. */
  #name(): number {
    for (;;) {
      const name = Math.floor(this.#world.random() * 2 ** 32);
      if (!this.#connections.has(name) && !this.#calling.has(name)) return name;
    }
  }

  #number(): Uint8Array<ArrayBuffer> {
    return Uint8Array.from(
      { length: NUMBER_OCTETS },
      () => this.#world.octet(),
    );
  }

  #hello(name: number, calling: Calling): void {
    if (!this.#calling.has(name)) return;
    calling.hellos += 1;
    if (calling.hellos > HELLOS_MAX) return this.#fails(name);
    const packet = new Writer().u8(HELLO).u32(name).octets(calling.number);
    this.#world.send(this.#host.place, calling.to, packet.end());
    this.#world.after(HELLO_US, () => this.#hello(name, calling));
  }

  #fails(name: number): void {
    const calling = this.#calling.get(name);
    this.#calling.delete(name);
    calling?.then(undefined);
  }

  #hears(from: string, reader: Reader): void {
    const theirs = reader.u32();
    const number = reader.octets();
    reader.end();
    if (!this.#host.isListening || number.length !== NUMBER_OCTETS) return;
    const key = `${from}/${theirs}`;
    const known = this.#called.get(key);
    if (known !== undefined && sameOctets(known.number, number)) {
      return this.#world.send(this.#host.place, from, known.welcome);
    }
    // What was changed on the way is said again.
    const unproven = [...this.#called.values()]
      .filter(({ connection }) => connection.peer === undefined);
    if (known?.connection.peer || unproven.length >= UNPROVEN_MAX) return;
    known?.connection.abandon();
    this.#welcome(from, theirs, number);
  }

  #welcome(from: string, theirs: number, number: Uint8Array): void {
    const { identity, place } = this.#host;
    const own = this.#number();
    const name = this.#name();
    const proof = tagOf(identity.secret, proven("called", number, own));
    const welcome = new Writer().u8(WELCOME).u32(theirs).u32(name)
      .octets(identity.peer).octets(own).octets(proof).end();
    const shared = tagOf(number, own);
    const connection = new Connection(
      this.#world,
      place,
      from,
      theirs,
      shared,
    );
    this.#connections.set(name, connection);
    this.#called.set(`${from}/${theirs}`, { number, welcome, connection });
    connection.ears = {
      frame: (octets) => this.#proves(connection, octets, number, own),
      alone: () => {},
      ended: () => this.ends(connection),
    };
    this.#world.send(place, from, welcome);
  }

  /** The first frame of who called. */
  #proves(
    connection: Connection,
    octets: Uint8Array<ArrayBuffer>,
    number: Uint8Array,
    own: Uint8Array,
  ): void {
    const reader = new Reader(octets);
    const kind = reader.u8();
    const [peer, proof] = [reader.octets(), reader.octets()];
    reader.end();
    const said = proven("calls", number, own);
    if (kind !== PROOF || !this.#host.verifies(peer, said, proof)) {
      throw new Malformed("it has proven nothing");
    }
    this.#host.meets(connection, peer, false);
  }

  #welcomed(from: string, reader: Reader): void {
    const name = reader.u32();
    const theirs = reader.u32();
    const [peer, other, proof] = [
      reader.octets(),
      reader.octets(),
      reader.octets(),
    ];
    reader.end();
    const calling = this.#calling.get(name);
    if (calling === undefined || calling.to !== from) return;
    const { number, wanted, then } = calling;
    const said = proven("called", number, other);
    // It may have been changed on the way: then it is asked again.
    if (!this.#host.verifies(peer, said, proof)) return;
    if (keyOf(peer) !== keyOf(wanted)) return this.#fails(name);
    this.#calling.delete(name);
    const { identity, place } = this.#host;
    const shared = tagOf(number, other);
    const connection = new Connection(this.#world, place, from, theirs, shared);
    this.#connections.set(name, connection);
    const own = tagOf(identity.secret, proven("calls", number, other));
    const first = new Writer().u8(PROOF).octets(identity.peer).octets(own);
    connection.send(first.end());
    then(connection);
  }
}

function proven(what: string, number: Uint8Array, other: Uint8Array) {
  return new Writer().text(what).octets(number).octets(other).end();
}
