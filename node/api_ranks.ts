/** What is said of ranks: explanations, history, focus from some particles, in the words of `NodeApi`. */
import type { Brief } from "./api.ts";

/** What came over one axon; each of the last three is a part of the focus. */
export interface Contribution {
  readonly axon: string;
  /** `in`: the axon ends at the particle. */
  readonly direction: "in" | "out";
  readonly other: Brief;
  readonly weight: number;
  /** Of the other end: all axons from it, all at it, heat that comes by. */
  readonly out: number;
  readonly degree: number;
  readonly flow: number;
  readonly diffusion: number;
  readonly springs: number;
  readonly heat: number;
}

/** What a neuron's links to a particle have earned of all that its links have. */
export interface Earning {
  readonly neuron: string;
  readonly earned: number;
  /** In the last confirmed rank, where that is known. */
  readonly karma?: number | undefined;
}

/** Karma of the links to one particle. */
export interface Earned {
  /** Of all of them: the focus that diffusion carries to the particle. */
  readonly total: number;
  /** Of the listed contributions' links, the highest first; absent where they are too many to look through. */
  readonly neurons?: ReadonlyArray<Earning> | undefined;
}

/** Where a particle's focus comes from; wit/cells/rank has every formula. */
export interface Explanation {
  readonly particle: Brief;
  /** The focus is that from these particles, and so is every one in it; absent: from all. */
  readonly from?: ReadonlyArray<Brief> | undefined;
  readonly version: number;
  readonly height: number;
  readonly links: number;
  readonly confirmed: boolean;
  /** All parts added up; proven to be as near to the focus as `bound`. */
  readonly total: number;
  readonly bound: number;
  readonly mass: number;
  readonly particles: number;
  readonly volume: number;
  readonly largest: number;
  readonly dangling: number;
  readonly degree: number;
  readonly share: number;
  /** What came over no axon. */
  readonly prior: number;
  readonly stuck: number;
  readonly anchor: number;
  readonly kept: number;
  readonly axons: number;
  readonly contributions: ReadonlyArray<Contribution>;
  /** What the links to the particle have earned; not of a focus from some particles. */
  readonly karma?: Earned | undefined;
  /** The axons that are not in the list. */
  readonly rest: {
    readonly diffusion: number;
    readonly springs: number;
    readonly heat: number;
  };
}

/** A particle's focus in one confirmed publication, to 24 bits. */
export interface Moment {
  readonly version: number;
  readonly height: number;
  readonly links: number;
  readonly particles: number;
  readonly age_ms: number;
  readonly focus: number;
}

/** Focus from some particles: the prior, and the springs' anchor, is on them alone. */
export interface PersonalFocus {
  /** The particles, with their own focus from all of them; the same in each brief. */
  readonly from: ReadonlyArray<Brief>;
  /** The particle that was asked about. */
  readonly of?: Brief | undefined;
  readonly version: number;
  readonly height: number;
  readonly links: number;
  /** Particles with a focus above 0. */
  readonly particles: number;
  readonly rounds: number;
  readonly residual: number;
  /** The highest first. */
  readonly items: ReadonlyArray<Brief>;
}
