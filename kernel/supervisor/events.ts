/** What the kernel tells the operator and the audit log. */
import type { Epitaph } from "../cell/slot.ts";

export type KernelEvent =
  /** A generation that served, or was being brought back, has ended. */
  | { readonly kind: "fault"; readonly epitaph: Epitaph }
  | {
    readonly kind:
      | "started"
      | "restarted"
      | "disabled"
      | "kept"
      | "rolled-back";
    readonly cell: string;
    readonly generation: number;
    readonly detail: string;
  };

/** Called after the kernel is done, in order. It must not throw. */
export type EventSink = (event: KernelEvent) => void;

/**
 * Hands events on in their order, but never from inside of the kernel: a sink
 * may wake fibers, which run right away, and a fault is told deep in a call.
 */
export class Events {
  readonly #sink: EventSink;
  readonly #panic: (error: unknown) => void;
  #waiting: KernelEvent[] = [];

  constructor(sink: EventSink, panic: (error: unknown) => void) {
    this.#sink = sink;
    this.#panic = panic;
  }

  readonly emit = (event: KernelEvent): void => {
    this.#waiting.push(event);
    if (this.#waiting.length > 1) return;
    void Promise.resolve().then(() => this.#deliver());
  };

  #deliver(): void {
    const due = this.#waiting;
    this.#waiting = [];
    try {
      for (const event of due) this.#sink(event);
    } catch (error) {
      // What happened must be on record: without a record the node must end.
      this.#panic(error);
    }
  }
}
