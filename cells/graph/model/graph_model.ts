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

export type ModelRefusal = Refusal["tag"];

export class GraphModel {
  readonly particles: Uint8Array[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #axons = new Map<string, [number, number]>();
  readonly links: ModelLink[] = [];
  readonly #chains = new Map<string, ModelChain>();
  readonly #contents = new Map<string, Uint8Array>();
  readonly arrivals: { particle: number; octets: Uint8Array }[] = [];
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
    for (const { signal } of entries) this.#signal(signal);
    for (const content of entries.flatMap((entry) => entry.contents)) {
      const key = hex(identityOf(content));
      if (this.#contents.has(key)) continue;
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
    return this.#contents.has(hex(id));
  }

  describe(particle: number): Particle | undefined {
    const id = this.particles[particle];
    if (!id) return undefined;
    const content = this.#contents.get(hex(id));
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
    return id && this.#contents.get(hex(id));
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
