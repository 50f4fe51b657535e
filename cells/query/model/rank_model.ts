/**
 * Focus as a table that answers as `karyon:rank/ranks` says, for tests.
 */
import type {
  Absence,
  Ranked,
  Ranks,
  Standing,
} from "../../../wit/gen/rank_ranks.ts";

import type {
  Explanation,
  Explanations,
  Outcome,
  OutcomeFrom,
} from "../../../wit/gen/rank_explanations.ts";

import type {
  Outcome as PersonalOutcome,
  Personal,
} from "../../../wit/gen/rank_personal.ts";
import type { History, Moment } from "../../../wit/gen/rank_history.ts";

type Answer<T> = { tag: "ok"; val: T } | { tag: "err"; val: Absence };

export class RankModel implements Ranks, Explanations, Personal, History {
  /** What is answered about a particle; without it, that it is being computed. */
  outcome: (particle: number, limit: number) => Outcome = () => ({
    tag: "preparing",
  });
  /** The same from some particles. */
  outcomeFrom: (
    sources: number[],
    particle: number,
    limit: number,
  ) => OutcomeFrom = () => ({
    tag: "preparing",
    val: { ahead: 1, rounds: 2, residual: 0.5 },
  });
  /** What is answered about the focus from some particles. */
  personally: (
    sources: number[],
    particles: number[],
    limit: number,
  ) => PersonalOutcome = () => ({
    tag: "preparing",
    val: { ahead: 1, rounds: 2, residual: 0.5 },
  });
  /** What is answered about the past. */
  moments: (particle: number, limit: number) => Moment[] = () => [];
  /** Focus by the graph's number; what is missing has none. */
  readonly focuses = new Map<number, number>();
  absence: Absence | undefined = undefined;
  calls = 0;
  version = 3n;
  height = 7n;

  status(): Answer<Standing> {
    return this.#answer(() => ({
      version: this.version,
      height: this.height,
      particles: this.focuses.size,
      links: 11n,
      iterations: 42,
      residual: 1e-11,
      bound: 1e-9,
      syntropy: 0.5,
      ageMs: 1234n,
      computing: true,
      confirmed: true,
    }));
  }

  focus(particles: Uint32Array): Answer<Float64Array> {
    if (particles.length > 4096) throw new Error("more than 4096 at once");
    return this.#answer(() =>
      Float64Array.from(particles, (number) => this.focuses.get(number) ?? 0)
    );
  }

  vector(start: number, limit: number): Answer<Float64Array> {
    if (limit > 65_536) throw new Error("more than 65536 at once");
    const numbers = Math.max(-1, ...this.focuses.keys()) + 1;
    const length = Math.max(0, Math.min(limit, numbers - start));
    return this.#answer(() =>
      Float64Array.from(
        { length },
        (_, at) => this.focuses.get(start + at) ?? 0,
      )
    );
  }

  top(offset: number, limit: number): Answer<Ranked[]> {
    if (offset + limit > 1000) throw new Error("past the first 1000");
    return this.#answer(() =>
      [...this.focuses]
        .map(([particle, focus]) => ({ particle, focus }))
        .sort((a, b) => b.focus - a.focus || a.particle - b.particle)
        .slice(offset, offset + limit)
    );
  }

  residuals(): Answer<Float64Array> {
    throw new Error("the query cell does not read residuals");
  }

  explain(particle: number, limit: number): Answer<Outcome> {
    return this.#answer(() => this.outcome(particle, limit));
  }

  explainFrom(sources: Uint32Array, particle: number, limit: number) {
    return this.#answer(() => this.outcomeFrom([...sources], particle, limit));
  }

  ask(sources: Uint32Array, particles: Uint32Array, limit: number) {
    return this.#answer(() =>
      this.personally([...sources], [...particles], limit)
    );
  }

  history(particle: number, limit: number): Answer<Moment[]> {
    return this.#answer(() => this.moments(particle, limit));
  }

  #answer<T>(value: () => T): Answer<T> {
    this.calls++;
    return this.absence === undefined
      ? { tag: "ok", val: value() }
      : { tag: "err", val: this.absence };
  }
}

/** Figures as the rank cell could give them. */
export function figuresOf(others: readonly [number, boolean][]): Explanation {
  const zero = { version: 3n, height: 7n, links: 11n, confirmed: true };
  const figures = {
    ...zero,
    focus: 0.5,
    total: 0.5,
    bound: 1e-10,
    mass: 1,
    particles: 3,
    volume: 4,
    largest: 1,
    dangling: 0,
    degree: 2,
    share: 0.5,
    prior: 0.1,
    stuck: 0,
    anchor: 0.1,
    kept: 0.1,
    axons: others.length,
    restDiffusion: 0,
    restSprings: 0,
    restHeat: 0,
  };
  const contributions = others.map(([particle, inward]) => ({
    particle,
    inward,
    weight: 1,
    focus: 0.25,
    out: 1,
    degree: 1,
    flow: 0.2,
    diffusion: inward ? 0.1 : 0,
    springs: 0.05,
    heat: 0.05,
  }));
  return { ...figures, contributions };
}
