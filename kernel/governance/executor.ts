/**
 * What governance asks of the kernel: the composition root wires it.
 *
 * Component hashes are identities as text (66 digits) everywhere here.
 */
import { Context, type Effect, Schema } from "effect";

/** What a swap did. The new generation is on probation from now on. */
export interface SwapReport {
  readonly cell: string;
  readonly generation: number;
  readonly pauseMs: number;
}

/** What a swap would change; nothing was changed. */
export interface SwapPreview {
  /** Contracts that the new component adds to, or drops from, the old one's. */
  readonly exportsGained: readonly string[];
  readonly exportsLost: readonly string[];
  /** Granted imports that it begins or ceases to use. */
  readonly importsGained: readonly string[];
  readonly importsLost: readonly string[];
  /** Why the swap would be refused; empty if it would be tried. */
  readonly refusals: readonly string[];
}

/** The kernel would not swap. The old generation serves as before. */
export class SwapRefusal
  extends Schema.TaggedError<SwapRefusal>()("SwapRefusal", {
    cell: Schema.String,
    /** compile, contracts, link, migrate, start, snapshot, … */
    stage: Schema.String,
    reason: Schema.String,
  }) {
  override get message(): string {
    return `${this.cell}: ${this.stage}: ${this.reason}`;
  }
}

export class SwapExecutor extends Context.Service<SwapExecutor, {
  /** The hash of the component that serves now, 66 zeros where none does; undefined: no such cell. */
  running(cell: string): Effect.Effect<string | undefined>;
  preview(
    cell: string,
    component: Uint8Array,
  ): Effect.Effect<SwapPreview, SwapRefusal>;
  /** Whole or not at all. Never interrupted by governance. */
  swap(
    cell: string,
    component: Uint8Array,
  ): Effect.Effect<SwapReport, SwapRefusal>;
}>()("karyon/governance/SwapExecutor") {}
