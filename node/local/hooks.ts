/**
 * What the kernel tells, passed on: to the audit log, to governance, and to who
 * opened the node. A line that cannot be written is told to the operator.
 */
import { Effect } from "effect";
import type { LogSink } from "../../kernel/cell/services.ts";
import type { AuditLog, Governance } from "../../kernel/governance/mod.ts";
import type { KernelEvent } from "../../kernel/supervisor/supervisor.ts";
import { passes } from "../../kernel/sched/passes.ts";
import { EVENTS_WAITING_MAX } from "./limits.ts";

/** Between two looks for what governance has due, and after a failure. */
const LOOK_MS = 1_000;
const RETRY_MS = 1_000;

export interface HookOptions {
  readonly log: LogSink;
  readonly onEvent?: (event: KernelEvent) => void;
}

/** Sends the kernel's events to the audit log and to governance. */
export class Hooks {
  readonly #options: HookOptions;
  readonly #audit: AuditLog["Service"];
  readonly #waiting: KernelEvent[] = [];
  #wake: () => void = () => {};
  #isOpen = false;

  constructor(options: HookOptions, audit: AuditLog["Service"]) {
    this.#options = options;
    this.#audit = audit;
  }

  readonly emit = (event: KernelEvent): void => {
    this.#options.onEvent?.(event);
    if (event.kind === "started" || event.kind === "restarted") return;
    if (this.#waiting.length === EVENTS_WAITING_MAX) {
      return this.#say("too many events: one is not on the audit log");
    }
    this.#waiting.push(event);
    this.#wake();
  };

  /**
   * Runs what the events ask for, and what governance has due. What still waits
   * when the node ends is recorded before.
   */
  follow(governance: Governance["Service"]) {
    const recorded = Effect.uninterruptible(this.#recordAll(governance));
    const said = this.#said;
    const one = Effect.gen({ self: this }, function* () {
      yield* recorded;
      if (this.#isOpen) yield* governance.runDue;
      yield* this.#rest;
    }).pipe(
      Effect.catch((error) =>
        Effect.andThen(said(error), Effect.sleep(RETRY_MS))
      ),
    );
    return Effect.andThen(
      Effect.addFinalizer(() => Effect.catch(recorded, said)),
      Effect.forkScoped(passes(one)),
    );
  }

  /** The node is open: what became due while it was not running comes first. */
  opened(governance: Governance["Service"]): Effect.Effect<void> {
    return Effect.andThen(
      Effect.catch(governance.runDue, this.#said),
      Effect.sync(() => void (this.#isOpen = true)),
    );
  }

  /** Executes what waited for this height; the signal stays as it is. */
  atHeight(
    governance: Governance["Service"],
    height: bigint,
  ): Effect.Effect<void> {
    return Effect.asVoid(
      Effect.catch(governance.atHeight(height), this.#said),
    );
  }

  readonly #said = (error: { readonly message: string }) =>
    Effect.sync(() => this.#say(error.message));

  readonly #recordAll = Effect.fnUntraced(
    { self: this },
    function* (this: Hooks, governance: Governance["Service"]) {
      for (
        let event = this.#waiting.shift();
        event !== undefined;
        event = this.#waiting.shift()
      ) yield* this.#record(governance, event);
    },
  );

  /** Until an event comes, or something may be due. */
  readonly #rest = Effect.raceFirst(
    Effect.sleep(LOOK_MS),
    Effect.callback<void>((resume) => {
      this.#wake = () => resume(Effect.void);
    }),
  );

  #say(message: string): void {
    this.#options.log({
      cell: "node",
      generation: 0,
      severity: "error",
      message,
      wallMs: Date.now(),
    });
  }

  #record(governance: Governance["Service"], event: KernelEvent) {
    if (event.kind === "fault") {
      const { cell, generation, kind, reason, during, forMs } = event.epitaph;
      return this.#audit.append("cell-fault", {
        cell,
        generation: `${generation}`,
        kind,
        reason,
        during,
        "for-ms": forMs.toFixed(3),
      });
    }
    const { cell, generation, detail } = event;
    if (event.kind === "kept") {
      return Effect.asVoid(governance.kept(cell, generation));
    }
    if (event.kind === "rolled-back") {
      return Effect.asVoid(governance.rolledBack(cell, detail));
    }
    return this.#audit.append("cell-disabled", {
      cell,
      generation: `${generation}`,
      reason: detail,
    });
  }
}
