/**
 * One connection between two hosts over a way that loses, doubles and reorders.
 *
 * Who calls says hello until it is welcomed with a proof of the identity that it
 * asked for; then it proves its own. From there on every packet is sealed. Frames
 * come in order, each once. A packet whose seal is broken ends the connection:
 * octets that the peer did not send are never seen.
 *
 * What has ended answers for a while, so that the other end learns of it.
 */
import { sameOctets, TAG_OCTETS, tagOf } from "./seal.ts";
import { Malformed, Reader, Writer } from "./wire.ts";
import type { World } from "./world.ts";

/** Kinds of packets. */
export const HELLO = 1;
export const WELCOME = 2;
export const SEALED = 3;

/** Kinds of what is sealed. */
const FRAME = 1;
const ACK = 2;
const ALONE = 3;
const CLOSE = 4;

export const SILENCE_US = 2_000_000;
const LOOK_US = SILENCE_US / 4;
const AGAIN_US = 20_000;
const AGAIN_US_MAX = 320_000;
/** Frames on their way, of which as many are sent again at a time. */
const FLYING_MAX = 128;
const AGAIN_MAX = 16;
/** Packets alone that are remembered, so that each is seen once. */
const ALONE_MAX = 1024;

export interface Ending {
  readonly tag: "reset" | "gone";
  readonly val: string;
}

export interface Ears {
  frame(octets: Uint8Array<ArrayBuffer>): void;
  alone(octets: Uint8Array<ArrayBuffer>): void;
  /** It has ended; nothing comes any more. */
  ended(how: Ending): void;
}

interface Flying {
  readonly number: number;
  readonly octets: Uint8Array;
}

export class Connection {
  /** Whom the other end has proven to be. */
  peer: Uint8Array | undefined;
  ears: Ears | undefined;
  readonly #world: World;
  readonly #key: Uint8Array;
  readonly #flying: Flying[] = [];
  readonly #waiting: Uint8Array[] = [];
  readonly #early = new Map<number, Uint8Array<ArrayBuffer>>();
  readonly #alone = new Set<number>();
  #next = 0;
  #wanted = 0;
  #lone = 0;
  #heard: number;
  #again = AGAIN_US;
  #isTimed = false;
  #ended: Ending | undefined;

  constructor(
    world: World,
    readonly from: string,
    readonly to: string,
    /** What the other end calls this connection. */
    readonly theirs: number,
    key: Uint8Array,
  ) {
    this.#world = world;
    this.#key = key;
    this.#heard = world.now;
    this.#look();
  }

  get isOpen(): boolean {
    return this.#ended === undefined;
  }

  /** In order, once, if the connection lasts. */
  send(octets: Uint8Array): void {
    this.#waiting.push(octets);
    this.#fly();
  }

  /** At most once, in whatever order. */
  sendAlone(octets: Uint8Array): void {
    this.#seal(new Writer().u8(ALONE).u32(this.#lone++).raw(octets));
  }

  /** Ends it, and tells the other end. */
  close(how: Ending): void {
    this.#end(how);
    this.#tellEnd();
  }

  /** A sealed packet, without its kind and address. */
  deliver(packet: Uint8Array<ArrayBuffer>): void {
    const at = packet.length - TAG_OCTETS;
    const body = packet.subarray(0, Math.max(0, at));
    const isWhole = at > 0 &&
      sameOctets(tagOf(this.#key, body), packet.subarray(at));
    if (this.#ended !== undefined) {
      if (isWhole && body[0] !== CLOSE) this.#tellEnd();
      return;
    }
    if (!isWhole) {
      const val = "octets came that the peer did not send";
      return this.close({ tag: "reset", val });
    }
    this.#heard = this.#world.now;
    try {
      this.#open(body);
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      this.close({ tag: "reset", val: `the peer is wrong: ${error.message}` });
    }
  }

  /** The host is dead: it says nothing. */
  abandon(): void {
    this.#ended = { tag: "gone", val: "the driver has ended" };
    this.ears = undefined;
  }

  #open(body: Uint8Array<ArrayBuffer>): void {
    const reader = new Reader(body);
    const kind = reader.u8();
    if (kind === FRAME) {
      const number = reader.u32();
      this.#acked(reader.u32());
      const octets = reader.octets();
      reader.end();
      if (number >= this.#wanted && number < this.#wanted + 2 * FLYING_MAX) {
        this.#early.set(number, octets);
      }
      this.#inOrder();
      if (this.#ended === undefined) this.#acks();
    } else if (kind === ACK) {
      this.#acked(reader.u32());
      reader.end();
    } else if (kind === ALONE) {
      const number = reader.u32();
      if (this.#alone.has(number)) return;
      this.#alone.add(number);
      const [oldest] = this.#alone;
      if (this.#alone.size > ALONE_MAX && oldest !== undefined) {
        this.#alone.delete(oldest);
      }
      this.ears?.alone(body.slice(5));
    } else if (kind === CLOSE) {
      const tag = reader.u8() === 0 ? "reset" : "gone";
      this.#end({ tag, val: reader.text() });
    } else throw new Malformed("it is of no kind");
  }

  #inOrder(): void {
    for (;;) {
      const octets = this.#early.get(this.#wanted);
      if (octets === undefined || this.#ended !== undefined) return;
      this.#early.delete(this.#wanted);
      this.#wanted += 1;
      this.ears?.frame(octets);
    }
  }

  #acked(wanted: number): void {
    const count = this.#flying.findIndex(({ number }) => number >= wanted);
    const gone = this.#flying.splice(
      0,
      count < 0 ? this.#flying.length : count,
    );
    if (gone.length > 0) this.#again = AGAIN_US;
    this.#fly();
  }

  #fly(): void {
    while (this.#flying.length < FLYING_MAX && this.#ended === undefined) {
      const octets = this.#waiting.shift();
      if (octets === undefined) return;
      const frame = { number: this.#next++, octets };
      this.#flying.push(frame);
      this.#frame(frame);
      this.#time();
    }
  }

  #frame({ number, octets }: Flying): void {
    const writer = new Writer().u8(FRAME).u32(number).u32(this.#wanted);
    this.#seal(writer.octets(octets));
  }

  #acks(): void {
    this.#seal(new Writer().u8(ACK).u32(this.#wanted));
  }

  /** Sends again what was not heard of. */
  #time(): void {
    if (this.#isTimed) return;
    this.#isTimed = true;
    const [first] = this.#flying;
    this.#world.after(this.#again, () => {
      this.#isTimed = false;
      const [oldest] = this.#flying;
      if (oldest === undefined || this.#ended !== undefined) return;
      if (oldest === first) {
        this.#again = Math.min(2 * this.#again, AGAIN_US_MAX);
        for (const one of this.#flying.slice(0, AGAIN_MAX)) this.#frame(one);
      }
      this.#time();
    });
  }

  /** Says something now and then, and notices who does not. */
  #look(): void {
    this.#world.after(LOOK_US, () => {
      if (this.#ended !== undefined) return;
      if (this.#world.now - this.#heard >= SILENCE_US) {
        return this.close({ tag: "gone", val: "the peer was silent" });
      }
      this.#acks();
      this.#look();
    });
  }

  #end(how: Ending): void {
    if (this.#ended !== undefined) return;
    this.#ended = how;
    this.#flying.length = 0;
    this.#waiting.length = 0;
    this.#early.clear();
    const { ears } = this;
    this.ears = undefined;
    ears?.ended(how);
  }

  #tellEnd(): void {
    if (this.#ended === undefined) return;
    const { tag, val } = this.#ended;
    this.#seal(new Writer().u8(CLOSE).u8(tag === "reset" ? 0 : 1).text(val));
  }

  #seal(writer: Writer): void {
    const body = writer.end();
    const packet = new Writer().u8(SEALED).u32(this.theirs).raw(body)
      .raw(tagOf(this.#key, body)).end();
    this.#world.send(this.from, this.to, packet);
  }
}
