/** Why a signal was not accepted, in the words of a node, with the fix. */
import type { Refusal as LedgerRefusal } from "../../wit/gen/graph_ledger.ts";
import { Refusal } from "../api.ts";
import type { SignalRefused } from "../signals/mod.ts";
import { WRITES_WAITING_MAX } from "./limits.ts";

export const AGAIN = "try again in a moment";
export const ENCODINGS = "encode it as wit/cells/graph/encodings.md says";
const COMPOSE_ANEW =
  "compose the signal anew on the end of the neuron's chain, and sign that";

const EQUIVOCATION =
  "equivocation: another signal of this neuron holds this step";

/** Whether the graph refused a second signal of one step. */
export function isEquivocation({ message }: Refusal): boolean {
  return message === EQUIVOCATION;
}

const CONFLICTS: Readonly<Record<string, readonly [string, string?]>> = {
  "equivocation": [EQUIVOCATION, COMPOSE_ANEW],
  "prev-mismatch": [
    "the signal does not follow the neuron's last one",
    COMPOSE_ANEW,
  ],
  "insufficient-will": [
    "insufficient-will: the neuron has no will left for so much",
    "wait until it has come back, or lock more stake",
  ],
  "insufficient-balance": [
    "insufficient-balance: an operation moves what the neuron has not enough " +
    "of, or may not move",
    "balances, boxes and cards show what it has; coin list, who may mint",
  ],
  "double-spend": [
    "double-spend: an operation does again what can be done once: that coin " +
    "or card is there, or that box was spent",
    "coin list, boxes and cards show what is there",
  ],
};

export function refusalOf(refusal: LedgerRefusal): Refusal {
  switch (refusal.tag) {
    case "unavailable":
      return new Refusal({
        kind: "unavailable",
        message: refusal.val,
        fix: AGAIN,
      });
    case "malformed":
      return new Refusal({
        kind: "invalid",
        message: refusal.val,
        fix: ENCODINGS,
      });
    case "wrong-network":
      return new Refusal({
        kind: "invalid",
        message: "the signal is of another network",
        fix: "hand it to a node of its own network",
      });
    case "bad-signature":
      return new Refusal({ kind: "unauthorised", message: "bad signature" });
    case "step-not-sequential":
      return new Refusal({
        kind: "conflict",
        message: `the neuron's next step is ${refusal.val}`,
        fix: COMPOSE_ANEW,
      });
    case "full":
      return new Refusal({
        kind: "full",
        message: "the store has no room for it; nothing was written",
        fix: "make room on the disk or raise the capacity in system.json",
      });
    default: {
      const [message, fix] = CONFLICTS[refusal.tag] ?? [refusal.tag];
      return new Refusal({ kind: "conflict", message, fix });
    }
  }
}

export function crowded(): Refusal {
  return new Refusal({
    kind: "too-many",
    message: `${WRITES_WAITING_MAX} writes are waiting already`,
    fix: "put more links into one signal, or wait for an answer",
  });
}

export function unproven(error: SignalRefused | Refusal): Refusal {
  if (error instanceof Refusal) return error;
  const [message = "", fix] = error.message.split("; ");
  return new Refusal({
    kind: "unauthorised",
    message,
    fix: fix ?? "sign the body's very octets with the key of its neuron",
  });
}
