/**
 * What a device was asked to make and has: names, sizes, bindings, memory.
 *
 * Something counts from when it is asked for until it is released, or until it
 * is sure that it was not made. A name is that of the request that made it.
 */
import type { Access, Work } from "../gpu_contract.ts";

type Thing =
  | { readonly kind: "buffer"; readonly octets: bigint }
  | { readonly kind: "program"; readonly bindings: readonly Access[] };

export class GpuLedger {
  readonly #asked = new Map<bigint, Thing>();
  readonly #made = new Map<bigint, Thing>();
  #memory = 0n;
  #buffers = 0;
  #programs = 0;

  get memory(): bigint {
    return this.#memory;
  }

  get buffers(): number {
    return this.#buffers;
  }

  get programs(): number {
    return this.#programs;
  }

  /** Octets of a buffer that can be used. */
  octetsOf(name: bigint): bigint | undefined {
    const thing = this.#made.get(name);
    return thing?.kind === "buffer" ? thing.octets : undefined;
  }

  /** Bindings of a program that can be used. */
  bindingsOf(name: bigint): readonly Access[] | undefined {
    const thing = this.#made.get(name);
    return thing?.kind === "program" ? thing.bindings : undefined;
  }

  /** A request was accepted; nothing to note unless it makes something. */
  ask(ticket: bigint, work: Work): void {
    if (work.tag === "allocate") {
      this.#asked.set(ticket, { kind: "buffer", octets: work.val });
      this.#count(work.val, 1, 0);
    }
    if (work.tag === "compile") {
      const bindings = [...work.val.bindings];
      this.#asked.set(ticket, { kind: "program", bindings });
      this.#count(0n, 0, 1);
    }
  }

  /** The request has ended, and made what it was asked for or not. */
  settle(ticket: bigint, made: boolean): void {
    const thing = this.#asked.get(ticket);
    if (thing === undefined) return;
    this.#asked.delete(ticket);
    if (made) this.#made.set(ticket, thing);
    else this.#discount(thing);
  }

  /** False if there is no such thing. */
  release(name: bigint): boolean {
    const thing = this.#made.get(name);
    if (thing === undefined) return false;
    this.#made.delete(name);
    this.#discount(thing);
    return true;
  }

  /** The device is gone, and everything with it. */
  clear(): void {
    this.#asked.clear();
    this.#made.clear();
    this.#memory = 0n;
    this.#buffers = 0;
    this.#programs = 0;
  }

  #discount(thing: Thing): void {
    if (thing.kind === "buffer") this.#count(-thing.octets, -1, 0);
    else this.#count(0n, 0, -1);
  }

  #count(octets: bigint, buffers: number, programs: number): void {
    this.#memory += octets;
    this.#buffers += buffers;
    this.#programs += programs;
  }
}
