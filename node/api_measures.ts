/** What follows from a published focus, in the words of `NodeApi`. */
import type { Effect } from "effect";
import type { Refusal } from "./api.ts";

type Answer<A> = Effect.Effect<A, Refusal>;

/** What a neuron's links have earned. */
export interface Earner {
  readonly neuron: string;
  readonly karma: number;
}

/** Karma of one confirmed publication. */
export interface KarmaReport {
  readonly version: number;
  readonly height: number;
  readonly links: number;
  readonly age_ms: number;
  readonly neurons: number;
  /** All karma: 1 without the focus that has no way out. */
  readonly total: number;
  /** The neuron that was asked about. */
  readonly of?: Earner | undefined;
  /** The highest first. */
  readonly items: ReadonlyArray<Earner>;
}

/** Whom a particle is in conflict with: exactly one of them is there. */
export interface Conflict {
  /** With all others that axons lead to from this particle. */
  readonly in?: string | undefined;
  /** With these. */
  readonly among?: ReadonlyArray<string> | undefined;
}

/** Where a particle stands in its conflict set: reported, nobody votes by it. */
export interface FinalityReport {
  readonly cid: string;
  readonly version: number;
  readonly height: number;
  readonly links: number;
  readonly confirmed: boolean;
  readonly k: number;
  /** Members with a focus, the particle among them, and those without one. */
  readonly members: number;
  readonly unranked: number;
  readonly focus: number;
  readonly mean: number;
  readonly deviation: number;
  /** (focus - mean) / deviation, and the highest that anybody could have. */
  readonly score: number;
  readonly score_max: number;
  /** focus > mean + k * deviation. */
  readonly final: boolean;
}

/** Where a particle lies in the slowest mode. */
export interface Position {
  readonly cid: string;
  readonly position: number;
}

/** How fast plain rounds come to rest, and from which direction. */
export interface SpectrumReport {
  readonly version: number;
  readonly height: number;
  readonly links: number;
  readonly rounds: number;
  /** Of the last round. */
  readonly residual: number;
  readonly rate: number;
  readonly spread: number;
  /** By how much the last round turned the direction; 2 where there is none. */
  readonly drift: number;
  readonly residuals: ReadonlyArray<number>;
  readonly positions: ReadonlyArray<Position>;
}

export interface MeasuresApi {
  /** `limit` 1 to 1000; of the last confirmed publication. */
  karma(limit: number, of?: string): Answer<KarmaReport>;
  /** `k` from 1 to 2. */
  finality(cid: string, conflict: Conflict, k: number): Answer<FinalityReport>;
  /** Of up to 16 particles; waits until it is computed. */
  spectrum(of: ReadonlyArray<string>): Answer<SpectrumReport>;
}
