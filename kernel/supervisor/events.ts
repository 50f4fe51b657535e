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

/** Must not throw, and must not call back into the kernel. */
export type EventSink = (event: KernelEvent) => void;
