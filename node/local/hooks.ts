/**
 * What the kernel tells, passed on: to the audit log, to governance, and to who
 * opened the node. A line that cannot be written is told to the operator.
 */
import { Effect } from "effect";
import type { LogSink } from "../../kernel/cell/services.ts";
import type { AuditLog, Governance } from "../../kernel/governance/mod.ts";
import type { KernelEvent } from "../../kernel/supervisor/supervisor.ts";
import { EVENTS_WAITING_MAX } from "./limits.ts";

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

  /** Runs what the events ask for, and what governance has due. */
  follow(governance: Governance["Service"]) {
    const one = Effect.gen({ self: this }, function* () {
      for (
        let event = this.#waiting.shift();
        event !== undefined;
        event = this.#waiting.shift()
      ) yield* this.#record(governance, event);
      yield* governance.runDue;
      yield* Effect.raceFirst(
        Effect.sleep(1_000),
        Effect.callback<void>((resume) => {
          this.#wake = () => resume(Effect.void);
        }),
      );
    });
    return Effect.forkScoped(
      Effect.forever(
        one.pipe(
          Effect.catch((error) =>
            Effect.sync(() => this.#say(error.message))
              .pipe(Effect.andThen(Effect.sleep(1_000)))
          ),
        ),
      ),
    );
  }

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
