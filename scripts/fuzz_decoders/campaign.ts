/**
 * Runs cases of one target, judges each, and makes what was found small.
 *
 * A case is a number. Where a target keeps something from run to run, it is
 * renewed before every `ERA`-th case, so a case repeats with at most so many
 * before it.
 *
 * Deliberately absent: ending a run that does not end by itself. That is for
 * whoever runs this on another thread (lane.ts).
 */
import { equalOctets } from "../../kernel/crypto/mod.ts";
import { drawn } from "./draw.ts";
import { shrunk } from "./shrink.ts";
import type { Subject, Target, Verdict } from "./target.ts";

const ERA = 64;
/** One run may take this long; more, twice, is work that nothing bounds. */
export const SLOW_MS = 5_000;
/** One run may leave this much more in the heap and outside of it. */
const GROWTH_OCTETS_MAX = 256 * 2 ** 20;
/** Different findings of one target; then it has failed enough. */
export const FINDINGS_MAX = 10;
const WHAT_CHARS_MAX = 400;

export interface Bounds {
  readonly slowMs: number;
  readonly growthMax: number;
}

export const BOUNDS: Bounds = {
  slowMs: SLOW_MS,
  growthMax: GROWTH_OCTETS_MAX,
};

export interface Finding {
  readonly target: string;
  readonly case: number;
  readonly what: string;
  /** Where it was thrown, if it was. */
  readonly trace: string;
  readonly octets: Uint8Array;
  /** Fewest octets that show the same; none where only the cases before do. */
  readonly small: Uint8Array | undefined;
}

export interface Tally {
  cases: number;
  taken: number;
  refused: number;
  /** Cases that showed what was found before. */
  repeats: number;
  slowestMs: number;
}

export const noTally = (): Tally => ({
  cases: 0,
  taken: 0,
  refused: 0,
  repeats: 0,
  slowestMs: 0,
});

/** What one run came to. */
export interface Outcome {
  readonly verdict: Verdict | undefined;
  readonly ms: number;
  /** What was wrong with it. */
  readonly what: string | undefined;
  readonly trace: string;
}

export class Campaign {
  readonly tally = noTally();
  readonly findings: Finding[] = [];
  readonly #known = new Set<string>();

  private constructor(
    readonly target: Target,
    readonly subject: Subject,
    readonly seed: number,
    readonly bounds: Bounds,
  ) {}

  static async open(
    target: Target,
    seed: number,
    bounds = BOUNDS,
  ): Promise<Campaign> {
    return new Campaign(target, await target.open(), seed, bounds);
  }

  get isOver(): boolean {
    return this.findings.length >= FINDINGS_MAX;
  }

  /** Runs one case; cases are to be given in their order. */
  async run(index: number): Promise<Finding | undefined> {
    if (index % ERA === 0) await this.subject.renew?.();
    const octets = drawn(this.target, this.subject, this.seed, index);
    const outcome = await this.outcome(octets);
    const { tally } = this;
    tally.cases += 1;
    tally.slowestMs = Math.max(tally.slowestMs, outcome.ms);
    if (outcome.verdict === "taken") tally.taken += 1;
    if (outcome.verdict === "refused") tally.refused += 1;
    const isSeed = index < this.subject.seeds.length;
    const what = outcome.what ??
      (isSeed && outcome.verdict !== "taken"
        ? `seed ${index} is not taken`
        : undefined);
    if (what === undefined) return undefined;
    await this.subject.renew?.();
    if (this.#known.has(kindOf(what))) {
      tally.repeats += 1;
      return undefined;
    }
    this.#known.add(kindOf(what));
    const { trace } = outcome;
    const finding: Finding = {
      target: this.target.name,
      case: index,
      what,
      trace,
      octets,
      small: await this.#small(octets, what),
    };
    this.findings.push(finding);
    return finding;
  }

  /** A case by itself, with those before it that may matter. */
  async repeat(index: number): Promise<Finding | undefined> {
    const from = this.subject.renew === undefined ? index : index - index % ERA;
    for (let before = from; before < index; before += 1) {
      if (before % ERA === 0) await this.subject.renew?.();
      await this.outcome(
        drawn(this.target, this.subject, this.seed, before),
      );
    }
    return await this.run(index);
  }

  async outcome(octets: Uint8Array): Promise<Outcome> {
    const first = await this.#outcomeOnce(octets);
    if (first.what !== undefined || first.ms <= this.bounds.slowMs) {
      return first;
    }
    // The machine may have been busy with something else.
    await this.subject.renew?.();
    const again = await this.#outcomeOnce(octets);
    if (again.what !== undefined || again.ms <= this.bounds.slowMs) {
      return again;
    }
    const what = `it took ${Math.round(again.ms)} ms`;
    return { ...again, verdict: undefined, what };
  }

  async #outcomeOnce(octets: Uint8Array): Promise<Outcome> {
    const given = octets.slice();
    const before = this.#held();
    const from = performance.now();
    let verdict: Verdict | undefined;
    let what: string | undefined;
    let trace = "";
    try {
      verdict = await this.subject.run(given);
    } catch (error) {
      what = `it threw ${error}`.slice(0, WHAT_CHARS_MAX);
      trace = error instanceof Error ? error.stack ?? "" : "";
    }
    const ms = performance.now() - from;
    const grown = this.#held() - before;
    if (what === undefined && grown > this.bounds.growthMax) {
      what = `it holds ${Math.round(grown / 2 ** 20)} MiB more than before`;
    }
    if (what === undefined && !equalOctets(given, octets)) {
      what = "it changed the octets that it was given";
    }
    return {
      verdict: what === undefined ? verdict : undefined,
      ms,
      what,
      trace,
    };
  }

  #held(): number {
    const { heapUsed, external } = Deno.memoryUsage();
    return heapUsed + external + (this.subject.held?.() ?? 0);
  }

  async #small(
    octets: Uint8Array,
    what: string,
  ): Promise<Uint8Array | undefined> {
    // What is slow is not run again and again.
    if (what.startsWith("it took")) return octets;
    const shows = async (candidate: Uint8Array) => {
      await this.subject.renew?.();
      const outcome = await this.#outcomeOnce(candidate);
      await this.subject.renew?.();
      return outcome.what !== undefined &&
        kindOf(outcome.what) === kindOf(what);
    };
    if (what.startsWith("seed ")) return octets;
    return await shows(octets) ? await shrunk(octets, shows) : undefined;
  }
}

/** The same fault at another place is the same finding. */
export function kindOf(what: string): string {
  return what.replaceAll(/"(?:[^"\\]|\\.)*"/g, '"')
    .replaceAll(/\b[0-9a-f]{8,}\b|-?\d+/g, "0").slice(0, 80);
}
