/**
 * Random histories of appends, most of them good, from a seed.
 *
 * Few neurons and few texts, so that things meet: links repeat, axons and
 * neurons are linked, contents come late, twice or never.
 */
import { seeded } from "../../../conformance/sim/block_device.ts";
import type { Bookmark } from "../../../wit/gen/graph_ledger.ts";
import {
  bodyOf,
  DEFAULT_TOKEN,
  hex,
  identityOf,
  type Link,
  networkOf,
  type Signal,
  utf8,
} from "../testing/signals.ts";
import { axonOf, type GraphModel, type ModelEntry } from "./graph_model.ts";

export interface Append {
  readonly entries: ModelEntry[];
  readonly note: Bookmark | undefined;
}

const TEXTS = 120;
const TOKENS = 5;
const NEURONS = 4;

export class History {
  readonly random: () => number;
  readonly texts: Uint8Array[];
  /** The texts' identities. */
  readonly ids: Uint8Array[];
  readonly bundles: Uint8Array[];
  readonly tokens: Uint8Array[];

  constructor(
    seed: number,
    readonly model: GraphModel,
    readonly linksMax = 300,
  ) {
    this.random = seeded(seed);
    this.texts = Array.from({ length: TEXTS }, (_, i) => this.#text(i));
    this.ids = this.texts.map(identityOf);
    this.bundles = Array.from(
      { length: NEURONS },
      (_, i) => utf8(`bundle ${i} `.padEnd(2016, ".")),
    );
    this.tokens = [
      DEFAULT_TOKEN,
      ...Array.from(
        { length: TOKENS - 1 },
        (_, i) => identityOf(utf8(`t${i}`)),
      ),
    ];
  }

  get neurons(): Uint8Array[] {
    return this.bundles.map(identityOf);
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  #text(index: number): Uint8Array {
    if (index === 0) return new Uint8Array();
    const lengths = [3, 10, 40, 64, 65, 200, 1024, 1025, 3000, 9000];
    const length = index < lengths.length + 1
      ? lengths[index - 1]!
      : 4 + this.below(60);
    return utf8(
      `text ${index} `.repeat(length / 6 + 1).slice(0, length) + index,
    );
  }

  #end(): Uint8Array {
    const chance = this.random();
    if (chance < 0.85) return this.pick(this.ids);
    if (chance < 0.9) return identityOf(this.pick(this.bundles));
    if (chance < 0.95) return identityOf(utf8(`unknown ${this.below(50)}`));
    const a = this.pick(this.ids);
    return axonOf(a, this.pick(this.ids));
  }

  link(): Link {
    return {
      from: this.#end(),
      to: this.#end(),
      token: this.random() < 0.8 ? DEFAULT_TOKEN : this.pick(this.tokens),
      amount: BigInt(this.below(2 ** 30)) * BigInt(this.below(2 ** 18)),
      valence: this.below(3) - 1,
    };
  }

  links(): Link[] {
    const count = this.random() < 0.1
      ? 1 + this.below(this.linksMax)
      : 1 + this.below(12);
    const links = Array.from({ length: count }, () => this.link());
    // Runs with one origin, as imports bring them.
    return links.map((link, i) =>
      i > 0 && this.random() < 0.5
        ? { ...link, from: links[i - 1]!.from }
        : link
    );
  }

  /** A signal at the end of the chain, after `pending` of the same append. */
  signal(bundle: Uint8Array, pending: readonly ModelEntry[]): Signal {
    const neuron = identityOf(bundle);
    const last = pending.map((entry) => entry.signal)
      .findLast((signal) => hex(signal.neuron) === hex(neuron));
    const head = this.model.head(neuron);
    return {
      network: this.model.network,
      neuron,
      step: last ? last.step + 1n : head.nextStep,
      previous: last ? identityOf(bodyOf(last)) : head.previous,
      time: BigInt(this.below(2 ** 40)),
      links: this.links(),
    };
  }

  #contents(signal: Signal, bundle: Uint8Array): Uint8Array[] {
    const ends = new Set(
      signal.links.flatMap(({ from, to }) => [hex(from), hex(to)]),
    );
    const contents = this.texts.filter((_, i) =>
      ends.has(hex(this.ids[i]!)) && this.random() < 0.6
    );
    if (this.random() < 0.3 && signal.links.length > 0) contents.push(bundle);
    if (contents.length > 0 && this.random() < 0.2) {
      contents.push(this.pick(contents));
    }
    return contents;
  }

  entry(pending: readonly ModelEntry[]): ModelEntry {
    const bundle = this.pick(this.bundles);
    const signal = this.signal(bundle, pending);
    return { signal, contents: this.#contents(signal, bundle) };
  }

  /** An append that keeps every rule. */
  good(): Append {
    const entries: ModelEntry[] = [];
    const count = 1 + this.below(4);
    for (let i = 0; i < count; i++) entries.push(this.entry(entries));
    return { entries, note: this.#note() };
  }

  #note(): Bookmark | undefined {
    if (this.random() < 0.5) return undefined;
    const value = this.random() < 0.2 ? "" : `at ${this.below(1000)} ✓`;
    return { key: `key ${this.below(4)}`, value };
  }

  /** An append in which something is wrong, or seldom nothing after all. */
  bad(): Append {
    const { entries, note } = this.good();
    const at = this.below(entries.length);
    const { signal, contents } = entries[at]!;
    const spoilt = this.pick<() => ModelEntry>([
      () => ({
        signal,
        contents: [...contents, utf8(`loose ${this.random()}`)],
      }),
      () => ({ signal: { ...signal, network: networkOf("other") }, contents }),
      () => ({
        signal: {
          ...signal,
          step: signal.step + 1n,
          previous: identityOf(signal.neuron),
        },
        contents,
      }),
      () => ({ signal: back(signal), contents }),
      () => ({
        signal: {
          ...signal,
          previous: signal.step === 0n
            ? signal.previous
            : identityOf(utf8("?")),
        },
        contents,
      }),
    ])();
    entries[at] = spoilt;
    return { entries, note };
  }
}

/** The same signal one step earlier: an equivocation unless there is none. */
function back(signal: Signal): Signal {
  if (signal.step <= 1n) return signal;
  return { ...signal, step: signal.step - 1n };
}
