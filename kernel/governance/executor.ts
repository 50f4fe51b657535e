/**
 * What governance asks of the kernel: the composition root wires it.
 *
 * Component hashes are identities as text (66 digits) everywhere here.
 */
import { Context, type Effect, Schema } from "effect";
import type { BudgetChange, GrantChange } from "./arguments.ts";

/** A change of one cell. */
export type CellChange =
  & { readonly cell: string }
  & (
    | {
      readonly action: "swap";
      readonly component: Uint8Array;
      /** The cell's new entry, whole; without one it keeps what it has. */
      readonly manifest?: string;
    }
    | {
      readonly action: "load";
      /** The cell's entry, as in a system file but for the component. */
      readonly manifest: string;
      readonly component: Uint8Array;
    }
    | { readonly action: "unload" }
    | { readonly action: "set-budget"; readonly budget: BudgetChange }
    | { readonly action: "grant"; readonly grant: GrantChange }
    | { readonly action: "revoke"; readonly contract: string }
  );

/** What was done. */
export interface Done {
  readonly detail: string;
  /** Number of the generation that serves, where it is a new one. */
  readonly generation: number | undefined;
  /** Of the cell's new generation, where there is one. */
  readonly pauseMs: number | undefined;
  /** True where the generation before stands by from now on. */
  readonly probation: boolean;
}

/** A cell's class, budget and limits. */
export interface Terms {
  readonly class: "hard" | "soft";
  readonly budgetMs: number;
  readonly callMs: number;
  readonly stepMs: number;
  readonly startMs: number;
}

/** What a change would do; nothing was changed. */
export interface ChangePreview {
  /** Contracts that the cell would begin or cease to export. */
  readonly exportsGained: readonly string[];
  readonly exportsLost: readonly string[];
  /** Granted imports that it would begin or cease to use. */
  readonly importsGained: readonly string[];
  readonly importsLost: readonly string[];
  /** Grants, as `CONTRACT from PROVIDER`. */
  readonly capabilitiesGained: readonly string[];
  readonly capabilitiesLost: readonly string[];
  /** None where the cell is not there, before or after. */
  readonly termsBefore: Terms | undefined;
  readonly termsAfter: Terms | undefined;
  /** The admission test's sum: `graph 2 + rank 2 = 4 of 10 ms`. */
  readonly admissionBefore: string;
  readonly admissionAfter: string;
  /** What becomes of the cell's generation. */
  readonly effect: "nothing" | "restart" | "start" | "stop";
  /** Why the change would be refused; empty if it would be tried. */
  readonly refusals: readonly string[];
}

/** The kernel would not. Everything is as before. */
export class ExecutionRefused
  extends Schema.TaggedError<ExecutionRefused>()("ExecutionRefused", {
    cell: Schema.String,
    /** compile, contracts, link, migrate, start, set-budget, … */
    stage: Schema.String,
    reason: Schema.String,
  }) {
  override get message(): string {
    return `${this.cell}: ${this.stage}: ${this.reason}`;
  }
}

export class Executor extends Context.Service<Executor, {
  /**
   * The hash of the component that serves now, 66 zeros where none does;
   * undefined: no such cell.
   */
  running(cell: string): Effect.Effect<string | undefined>;
  preview(change: CellChange): Effect.Effect<ChangePreview, ExecutionRefused>;
  /** Whole or not at all. Never interrupted by governance. */
  execute(change: CellChange): Effect.Effect<Done, ExecutionRefused>;
}>()("karyon/governance/Executor") {}
