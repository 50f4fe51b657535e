/**
 * A network of simulated hosts on one thread, in virtual time, from a seed.
 *
 * Each host is a driver of `karyon:hal/net`. Ways between them lose, double, delay
 * and change packets, stall, are cut and heal; hosts die and return. The same seed
 * and the same calls give the same packets, octet by octet (`trace`).
 *
 * Deliberately absent: a relation to any real clock or network, and cryptography.
 */
import type { NetRights } from "../../../hal/net_contract.ts";
import { NetSession } from "../../../hal/net/session.ts";
import { VirtualHost } from "./host.ts";
import { LIMITS } from "./limits.ts";
import type { Identity } from "./seal.ts";
import { CALM, type Shape, World } from "./world.ts";

export type { Shape };

interface One {
  readonly identity: Identity;
  readonly host: VirtualHost;
  readonly session: NetSession;
}

export interface VirtualNetOptions {
  readonly seed: number;
  /** How all ways are, unless one is another; what is absent is calm. */
  readonly shape?: Partial<Shape>;
}

export class VirtualNet {
  readonly #world: World;
  readonly #hosts: One[] = [];

  constructor({ seed, shape }: VirtualNetOptions) {
    this.#world = new World(seed, { ...CALM, ...shape });
  }

  /** Microseconds since the network began. */
  get now(): number {
    return this.#world.now;
  }

  /** All packets so far, in one number: equal for equal runs. */
  get trace(): string {
    return this.#world.trace;
  }

  /** One more host; its number counts from 0. */
  add(): NetRights {
    const identity = this.#world.keys.make(() => this.#world.octet());
    const one = this.#made(this.#hosts.length, identity);
    this.#hosts.push(one);
    return one.session.rights;
  }

  /** Where a host can listen. */
  address(at: number): string {
    return `/virtual/${this.#at(at).host.place}`;
  }

  /** What goes from one host to another is treated so, until `heal`. */
  shape(from: number, to: number, shape: Partial<Shape>): void {
    this.#world.shapeFrom(this.#place(from), this.#place(to), shape);
  }

  /** Nothing passes between two hosts, and what is under way is lost. */
  cut(one: number, other: number): void {
    this.#world.cut(this.#place(one), this.#place(other));
  }

  /** Everything between two hosts waits, and comes at `heal`. */
  stall(one: number, other: number): void {
    this.#world.stall(this.#place(one), this.#place(other));
  }

  /** The ways between two hosts are as at the beginning. */
  heal(one: number, other: number): void {
    this.#world.heal(this.#place(one), this.#place(other));
  }

  /** A host ends without a word to anybody. */
  kill(at: number): void {
    const { host, session } = this.#at(at);
    host.dies();
    session.died("the driver was killed");
  }

  /** A host that was killed is there again, with its identity and nothing else. */
  revive(at: number): NetRights {
    const one = this.#made(at, this.#at(at).identity);
    this.#hosts[at] = one;
    return one.session.rights;
  }

  #made(at: number, identity: Identity): One {
    const host = new VirtualHost(this.#world, identity, String(at));
    const session = new NetSession(host, {
      peer: identity.peer,
      name: "a simulated host",
      limits: LIMITS,
    });
    return { identity, host, session };
  }

  #at(at: number): One {
    const one = this.#hosts[at];
    if (one === undefined) throw new RangeError(`there is no host ${at}`);
    return one;
  }

  #place(at: number): string {
    return this.#at(at).host.place;
  }
}
