/**
 * What a peer is asked, and what it answers. Both travel as JSON.
 */
import {
  COUNTDOWN_IMPORT,
  ENGINE_MODULE,
  FUEL_EXPORT,
  STACK_EXPORT,
  START_EXPORT,
  STOP_EXPORT,
} from "../../../../kernel/engine/rewriter/rewrite.ts";
import type { ImportNeed } from "./surface.ts";

/** Numbers as text, so that -0, infinities and 64 bits survive. */
export type Argument = readonly [type: string, text: string];

export interface Call {
  readonly name: string;
  readonly args: readonly Argument[];
}

export interface Job {
  /** Base64. */
  readonly octets: string;
  readonly imports: readonly ImportNeed[];
  readonly memories: readonly {
    readonly minimum: number;
    readonly maximum: number;
    readonly is64: boolean;
  }[];
  readonly hasCountdown: boolean;
  readonly calls: readonly Call[];
  /** What the host may call when the module calls it. */
  readonly reentries: readonly Call[];
  /** Exports whose end is told. */
  readonly shown: readonly string[];
  /** Of each step in decimal; the one named in `only` gets its own. */
  readonly fuel: string;
  readonly only?: { readonly step: number; readonly fuel: string };
  /** The step that begins with its time over. */
  readonly late?: number;
  /** That its time is over in the middle instead, where the peer has a timer. */
  readonly isTimed?: boolean;
  readonly stack: number;
  /** Whether the digest of the host's log after each entry is told. */
  readonly wantsTrail: boolean;
  readonly names: typeof NAMES;
}

/** What the rewriter calls its things; a peer knows none of our modules. */
export const NAMES = {
  module: ENGINE_MODULE,
  memory: "memory-",
  countdown: COUNTDOWN_IMPORT,
  fuel: FUEL_EXPORT,
  stack: STACK_EXPORT,
  stop: STOP_EXPORT,
  start: START_EXPORT,
} as const;

/** Step 0 is instantiation with the start function, each other one a call. */
export interface Step {
  /** Values, a kind of trap, `stopped …`, or `overflow` of the platform. */
  readonly text: string;
  /** What the host was called with: how often, and a digest. */
  readonly logged: number;
  readonly log: number;
  /** Fuel that it took, in decimal; empty where nothing counts it. */
  readonly used: string;
  /** Octets of counted stack that were not given back when it ended well. */
  readonly lost: number;
  readonly trail: readonly number[];
}

export interface Outcome {
  /** Ends with the first step that was stopped or met the platform's bound. */
  readonly steps: readonly Step[];
  readonly state: readonly string[];
}
