/**
 * The graph, slow and obvious: what the cell must answer.
 *
 * Written from the contract and `encodings.md`, apart from the cell: arrays,
 * maps by hexadecimal identity, linear searches. Signals come as objects, so
 * whether octets decode is not this model's question.
 */
import type { Bookmark, Refusal } from "../../../wit/gen/graph_ledger.ts";
import type {
  Columns,
  Link as LinkAnswer,
  Particle,
} from "../../../wit/gen/graph_reads.ts";
import {
  bodyOf,
  hex,
  identityOf,
  type Link,
  NOBODY,
  type Signal,
} from "../testing/signals.ts";
import { AccountModel, type Rules } from "./account_model.ts";

/** A signal and the contents that come with it. */
export interface ModelEntry {
  readonly signal: Signal;
  readonly contents: readonly Uint8Array[];
}

interface ModelLink extends Link {
  readonly neuron: Uint8Array;
  readonly height: number;
  readonly origin: number;
  readonly target: number;
}

interface ModelChain {
  readonly ids: string[];
}

/** A content that is kept apart, as long as no signal brought it again. */
interface Apart {
  octets: Uint8Array;
  until: number | undefined;
  state: "here" | "expired" | "dropped";
}

export type ModelRefusal = Refusal["tag"];

export class GraphModel {
  readonly particles: Uint8Array[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #axons = new Map<string, [number, number]>();
  readonly links: ModelLink[] = [];
  readonly #chains = new Map<string, ModelChain>();
  readonly #contents = new Map<string, Uint8Array>();
  readonly arrivals: { particle: number; octets: Uint8Array; apart?: Apart }[] =
    [];
  /** Contents that are kept apart from the log, and those that were. */
  readonly apart = new Map<string, Apart>();
  readonly bookmarks = new Map<string, string>();
  readonly accounts: AccountModel;
  height = 0;

  constructor(readonly network: Uint8Array, rules?: Rules) {
    this.accounts = new AccountModel(rules);
  }

  /** Why the entries would be refused, in the contract's order. */
  judge(entries: readonly ModelEntry[]): ModelRefusal | undefined {
    const touched = new Set(this.#numbers.keys());
    for (const { signal } of entries) {
      if (signal.links.length > 0) touched.add(hex(signal.neuron));
      for (const { from, to } of signal.links) {
        touched.add(hex(from)).add(hex(to)).add(axonKey(from, to));
      }
    }
    const loose = entries.flatMap(({ contents }) => contents)
      .some((content) => !touched.has(hex(identityOf(content))));
    if (loose) return "malformed";
    const foreign = entries.some(({ signal }) =>
      hex(signal.network) !== hex(this.network)
    );
    if (foreign) return "wrong-network";
    const chains = new Map<string, string[]>();
    for (const { signal } of entries) {
      const key = hex(signal.neuron);
      const ids = chains.get(key) ?? [...this.#chains.get(key)?.ids ?? []];
      chains.set(key, ids);
      const id = hex(identityOf(bodyOf(signal)));
      const step = Number(signal.step);
      if (step < ids.length && !ids.includes(id)) return "equivocation";
      if (step !== ids.length) return "step-not-sequential";
      const previous = ids.at(-1) ?? hex(NOBODY);
      if (hex(signal.previous) !== previous) return "prev-mismatch";
      ids.push(id);
    }
    const tried = this.accounts.clone();
    entries.forEach(({ signal }, i) =>
      tried.run(signal, identityOf(bodyOf(signal)), this.height + 1 + i)
    );
    return tried.lack;
  }

  /** Applies entries that `judge` has nothing against. */
  apply(entries: readonly ModelEntry[], note?: Bookmark): void {
    const contents = entries.flatMap((entry) => entry.contents);
    // Whether one is here is judged by the height before.
    const held = new Set(
      contents.map((content) => hex(identityOf(content)))
        .filter((key) => this.presence(key) === "here"),
    );
    for (const { signal } of entries) this.#signal(signal);
    for (const content of contents) {
      const key = hex(identityOf(content));
      if (this.#contents.has(key) || held.has(key)) continue;
      this.apart.delete(key);
      // The key bundle of a neuron that no link touches.
      this.#number(identityOf(content));
      this.#contents.set(key, content);
      const particle = this.#numbers.get(key)!;
      this.arrivals.push({ particle, octets: content });
    }
    if (note?.value === "") this.bookmarks.delete(note.key);
    else if (note) this.bookmarks.set(note.key, note.value);
  }

  #signal(signal: Signal): void {
    const key = hex(signal.neuron);
    const chain = this.#chains.get(key) ?? { ids: [] };
    this.#chains.set(key, chain);
    chain.ids.push(hex(identityOf(bodyOf(signal))));
    this.height++;
    this.accounts.run(signal, identityOf(bodyOf(signal)), this.height);
    for (const link of signal.links) {
      const from = this.#number(link.from);
      const to = this.#number(link.to);
      this.#number(axonOf(link.from, link.to));
      this.#axons.set(axonKey(link.from, link.to), [from, to]);
      this.links.push({
        ...link,
        neuron: signal.neuron,
        height: this.height,
        origin: from,
        target: to,
      });
    }
  }

  #number(id: Uint8Array): number {
    const key = hex(id);
    const known = this.#numbers.get(key);
    if (known !== undefined) return known;
    this.particles.push(id);
    this.#numbers.set(key, this.particles.length - 1);
    return this.particles.length - 1;
  }

  get axons(): number {
    return this.#axons.size;
  }

  get neurons(): number {
    return this.#chains.size;
  }

  /** Who signed anything, in the order of their first signals. */
  get authors(): Uint8Array[] {
    return [...this.#chains.keys()].map((key) => Uint8Array.fromHex(key));
  }

  head(neuron: Uint8Array): { nextStep: bigint; previous: Uint8Array } {
    const ids = this.#chains.get(hex(neuron))?.ids ?? [];
    const last = ids.at(-1);
    return {
      nextStep: BigInt(ids.length),
      previous: last === undefined ? NOBODY : Uint8Array.fromHex(last),
    };
  }

  find(id: Uint8Array): number | undefined {
    return this.#numbers.get(hex(id));
  }

  holds(id: Uint8Array): boolean {
    return this.presence(hex(id)) === "here";
  }

  /** What is known of a content, by the identity's digits. */
  presence(key: string): "here" | "unknown" | "expired" | "dropped" {
    if (this.#contents.has(key)) return "here";
    const apart = this.apart.get(key);
    if (apart === undefined) return "unknown";
    if (apart.state !== "here") return apart.state;
    const isOver = apart.until !== undefined && apart.until <= this.height &&
      !this.#chains.has(key);
    return isOver ? "expired" : "here";
  }

  /** Keeps a content apart, for a particle that is known and has none here. */
  bring(octets: Uint8Array, until: number | undefined): void {
    const key = hex(identityOf(octets));
    const known = this.apart.get(key) ?? this.#newApart(key, octets);
    Object.assign(known, { octets, until, state: "here" });
  }

  letGo(id: Uint8Array): void {
    const key = hex(id);
    const known = this.apart.get(key) ?? this.#newApart(key, new Uint8Array());
    known.state = "dropped";
  }

  #newApart(key: string, octets: Uint8Array): Apart {
    const apart: Apart = { octets, until: undefined, state: "here" };
    this.apart.set(key, apart);
    this.arrivals.push({ particle: this.#numbers.get(key)!, octets, apart });
    return apart;
  }

  /** Arrivals whose content is here. */
  get present(): { particle: number; octets: Uint8Array }[] {
    return this.arrivals.flatMap(({ particle, octets, apart }) => {
      if (apart === undefined) return [{ particle, octets }];
      const key = hex(this.particles[particle]!);
      const isHere = this.apart.get(key) === apart &&
        this.presence(key) === "here";
      return isHere ? [{ particle, octets: apart.octets }] : [];
    });
  }

  describe(particle: number): Particle | undefined {
    const id = this.particles[particle];
    if (!id) return undefined;
    const content = this.content(particle);
    return {
      id,
      size: content && BigInt(content.length),
      linksOut: this.links.filter((link) => link.origin === particle).length,
      linksIn: this.links.filter((link) => link.target === particle).length,
      axon: this.#axons.get(hex(id)),
    };
  }

  content(particle: number): Uint8Array | undefined {
    const id = this.particles[particle];
    if (id === undefined || !this.holds(id)) return undefined;
    const key = hex(id);
    return this.#contents.get(key) ?? this.apart.get(key)?.octets;
  }

  #link(index: number): LinkAnswer {
    const link = this.links[index]!;
    return {
      index: BigInt(index),
      neuron: link.neuron,
      origin: link.origin,
      target: link.target,
      token: link.token,
      amount: link.amount,
      valence: link.valence,
      height: BigInt(link.height),
    };
  }

  /** All links at a particle, newest first. */
  linksAt(particle: number, side: "outward" | "inward"): LinkAnswer[] {
    const end = side === "outward" ? "origin" : "target";
    return this.links.flatMap((link, index) =>
      link[end] === particle ? [this.#link(index)] : []
    ).reverse();
  }

  scan(index: number, limit: number): Columns {
    const first = Math.min(index, this.links.length);
    const run = this.links.slice(first, first + limit);
    const next = first + run.length;
    const following = this.links[next];
    return {
      origins: Uint32Array.from(run, ({ origin }) => origin),
      targets: Uint32Array.from(run, ({ target }) => target),
      weights: BigInt64Array.from(
        run,
        ({ amount, valence }) => valence < 0 ? -amount : amount,
      ),
      next: BigInt(next),
      height: BigInt(following ? following.height - 1 : this.height),
    };
  }
}

export function axonOf(from: Uint8Array, to: Uint8Array): Uint8Array {
  return identityOf(Uint8Array.from([...from, ...to]));
}

function axonKey(from: Uint8Array, to: Uint8Array): string {
  return hex(axonOf(from, to));
}
