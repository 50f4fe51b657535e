/**
 * Virtual time and the ways that packets take, from one seed.
 *
 * Time passes only while somebody waits, from one event to the next. A way between
 * two addresses loses, doubles, delays and changes packets by chance, stalls, and
 * is cut and healed by whoever simulates. The same seed and the same calls give the
 * same packets at the same times; `trace` says so in one number.
 */
import { KeyRing, tagOf } from "./seal.ts";

/** How a way treats packets; chances are of one. */
export interface Shape {
  readonly delayUs: readonly [least: number, most: number];
  readonly lose: number;
  readonly double: number;
  /** One bit of it is another one. */
  readonly change: number;
  /** It takes ten times as long, so others overtake it. */
  readonly late: number;
}

export const CALM: Shape = Object.freeze({
  delayUs: [200, 1000] as const,
  lose: 0,
  double: 0,
  change: 0,
  late: 0,
});

/** Whoever can be sent packets. */
export interface Port {
  deliver(from: string, packet: Uint8Array<ArrayBuffer>): void;
}

interface Event {
  readonly at: number;
  readonly order: number;
  readonly act: () => void;
}

export class World {
  readonly keys = new KeyRing();
  shape: Shape;
  readonly #random: () => number;
  readonly #ports = new Map<string, Port>();
  readonly #shapes = new Map<string, Shape>();
  readonly #cut = new Set<string>();
  readonly #stalled = new Map<string, Array<() => void>>();
  /** A heap, earliest first. */
  readonly #events: Event[] = [];
  #now = 0;
  #order = 0;
  #packets = 0;
  #trace: Uint8Array<ArrayBuffer> = new Uint8Array(8);

  constructor(seed: number, shape: Shape = CALM) {
    this.#random = chance(seed);
    this.shape = shape;
  }

  get now(): number {
    return this.#now;
  }

  /** All packets so far: which, when and where. */
  get trace(): string {
    return `${this.#packets}:${this.#trace.toHex()}`;
  }

  /** From 0 to below one. */
  random(): number {
    return this.#random();
  }

  octet(): number {
    return Math.floor(this.#random() * 256);
  }

  bind(address: string, port: Port): void {
    this.#ports.set(address, port);
  }

  unbind(port: Port): void {
    for (const [address, one] of this.#ports) {
      if (one === port) this.#ports.delete(address);
    }
  }

  isBound(address: string): boolean {
    return this.#ports.has(address);
  }

  /** What goes from one place to another is treated so from now on. */
  shapeFrom(from: string, to: string, shape: Partial<Shape>): void {
    this.#shapes.set(`${from}>${to}`, { ...this.shape, ...shape });
  }

  /** Nothing passes any more, in both directions. */
  cut(one: string, other: string): void {
    this.#cut.add(between(one, other));
  }

  /** Everything waits, in both directions, until `heal`; nothing is lost. */
  stall(one: string, other: string): void {
    this.#stalled.set(between(one, other), []);
  }

  /** The way is as at the beginning. */
  heal(one: string, other: string): void {
    const way = between(one, other);
    this.#cut.delete(way);
    this.#shapes.delete(`${one}>${other}`);
    this.#shapes.delete(`${other}>${one}`);
    const waiting = this.#stalled.get(way) ?? [];
    this.#stalled.delete(way);
    for (const act of waiting) act();
  }

  send(from: string, to: string, packet: Uint8Array<ArrayBuffer>): void {
    const shape = this.#shapes.get(`${from}>${to}`) ?? this.shape;
    const copies = this.random() < shape.double ? 2 : 1;
    for (let i = 0; i < copies; i++) {
      if (this.random() < shape.lose) continue;
      this.#fly(from, to, this.#passed(packet, shape), shape);
    }
  }

  after(us: number, act: () => void): void {
    const at = this.#now + Math.max(0, Math.round(us));
    push(this.#events, { at, order: this.#order++, act });
  }

  /** Lets time pass until `until`, or until `enough`. */
  pass(until: number, enough: () => boolean): void {
    while (!enough()) {
      const [next] = this.#events;
      if (next === undefined || next.at > until) {
        this.#now = Math.max(this.#now, until);
        return;
      }
      pop(this.#events);
      this.#now = Math.max(this.#now, next.at);
      next.act();
    }
  }

  /** The caller's own, perhaps with one bit that is another one. */
  #passed(
    packet: Uint8Array<ArrayBuffer>,
    { change }: Shape,
  ): Uint8Array<ArrayBuffer> {
    const copy = packet.slice();
    if (this.random() >= change) return copy;
    const at = Math.floor(this.random() * copy.length);
    copy[at] = (copy[at] ?? 0) ^ 1 << Math.floor(this.random() * 8);
    return copy;
  }

  #fly(
    from: string,
    to: string,
    packet: Uint8Array<ArrayBuffer>,
    { delayUs: [least, most], late }: Shape,
  ): void {
    const usual = least + this.random() * (most - least);
    const us = this.random() < late ? 10 * usual : usual;
    this.after(us, () => this.#arrive(from, to, packet));
  }

  #arrive(from: string, to: string, packet: Uint8Array<ArrayBuffer>): void {
    const way = between(from, to);
    if (this.#cut.has(way)) return;
    const stalled = this.#stalled.get(way);
    if (stalled !== undefined) {
      stalled.push(() => this.after(0, () => this.#arrive(from, to, packet)));
      return;
    }
    this.#packets += 1;
    const place = new TextEncoder().encode(`${this.#now} ${from} ${to}`);
    this.#trace = tagOf(tagOf(this.#trace, place), packet);
    this.#ports.get(to)?.deliver(from, packet);
  }
}

function between(one: string, other: string): string {
  return [one, other].sort().join(" ");
}

/** Numbers from 0 to below one, by a seed. */
function chance(seed: number): () => number {
  let state = (seed ^ 0x2545f491) >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const isBefore = (one: Event, other: Event) =>
  one.at < other.at || (one.at === other.at && one.order < other.order);

function push(heap: Event[], event: Event): void {
  let at = heap.push(event) - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up];
    if (parent === undefined || !isBefore(event, parent)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = event;
}

function pop(heap: Event[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let down = 2 * at + 1;
    const [left, right] = [heap[down], heap[down + 1]];
    if (left === undefined) break;
    if (right !== undefined && isBefore(right, left)) down += 1;
    const child = heap[down];
    if (child === undefined || !isBefore(child, last)) break;
    heap[at] = child;
    at = down;
  }
  heap[at] = last;
}
