/** One end of a stream in a plain network: what is to go, and what may. */
import type { Over } from "../../../hal/net/link.ts";
import type { PlainHost } from "./plain_host.ts";
import { LIMITS, type PlainWorld } from "./plain_world.ts";

interface Sending {
  readonly ticket: bigint;
  /** Undefined: it finishes. */
  readonly octets: Uint8Array | undefined;
  at: number;
}

export class PlainEnd {
  partner: PlainEnd | undefined;
  readonly #world: PlainWorld;
  readonly #sends: Sending[] = [];
  #room: number = LIMITS.window;
  #ended = false;

  constructor(
    world: PlainWorld,
    readonly host: PlainHost,
    readonly other: PlainHost,
    readonly name: bigint,
  ) {
    this.#world = world;
    host.ends.set(name, this);
  }

  join(partner: PlainEnd): void {
    this.partner = partner;
    partner.partner = this;
  }

  add(ticket: bigint, octets: Uint8Array | undefined): void {
    this.#sends.push({ ticket, octets, at: 0 });
    this.#pump();
  }

  /** Undefined: it is none of this stream's. */
  withdraw(ticket: bigint, really: boolean): boolean | undefined {
    const at = this.#sends.findIndex((one) => one.ticket === ticket);
    const one = this.#sends[at];
    if (one === undefined) return undefined;
    if (one.at > 0) return false;
    if (really) this.#sends.splice(at, 1);
    else this.#sends[at] = { ...one, ticket: 0n };
    return true;
  }

  more(count: number): void {
    this.#room += count;
    this.#pump();
  }

  /** This end's holder ends it. */
  reset(): void {
    const { partner } = this;
    this.over({ tag: "reset", val: "this end reset it" });
    if (!this.#world.keeps("reset")) return;
    this.#world.pass(this.host, this.other, () => {
      partner?.over({ tag: "reset", val: "the peer reset it" });
    });
  }

  over(how: Over): void {
    if (this.#ended) return;
    this.#ended = true;
    this.host.ends.delete(this.name);
    for (const { ticket } of this.#sends.splice(0)) {
      if (ticket > 0n) this.host.end(ticket, how);
    }
    this.host.say({ tag: "over", name: this.name, how });
  }

  #pump(): void {
    for (let next = this.#sends[0]; next; next = this.#sends[0]) {
      const { octets, ticket } = next;
      if (octets === undefined) this.#finishes();
      else if (!this.#goes(next, octets)) return;
      if (this.#ended) return;
      this.#sends.shift();
      if (ticket > 0n) this.host.end(ticket, { tag: "done" });
    }
  }

  /** As much as there is room for; true when all went. */
  #goes(next: Sending, octets: Uint8Array): boolean {
    const room = this.#world.keeps("window") ? this.#room : Infinity;
    const part = octets.slice(next.at, next.at + Math.min(room, 1 << 20));
    if (part.length > 0) {
      next.at += part.length;
      this.#room -= part.length;
      this.#world.pass(this.host, this.other, () => this.#arrives(part));
    }
    return next.at === octets.length && !this.#ended;
  }

  #arrives(part: Uint8Array): void {
    const { partner } = this;
    if (partner === undefined || partner.#ended) return;
    if (this.#world.isDamaged(this.host, this.other)) {
      if (this.#world.keeps("seal")) {
        const how = { tag: "reset", val: "octets were changed" } as const;
        this.over(how);
        return partner.over(how);
      }
      part[0] = (part[0] ?? 0) ^ 1;
    }
    const come = this.#world.tamper.came?.(part) ?? [part];
    for (const octets of come) {
      partner.host.say({ tag: "octets", name: partner.name, octets });
    }
  }

  #finishes(): void {
    this.#world.pass(this.host, this.other, () => {
      const { partner } = this;
      if (partner === undefined || partner.#ended) return;
      partner.host.say({ tag: "finished", name: partner.name });
      if (!this.#world.keeps("half")) this.over({ tag: "reset", val: "over" });
    });
  }
}
