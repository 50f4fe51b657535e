/**
 * Replaces a cell while the system runs, or leaves everything as it is.
 *
 * Load and compile beside the old -> contracts and capabilities checked ->
 * rehearsal of migration and start on a copy -> at a step boundary: snapshot,
 * start, one assignment -> probation with the old generation standing by.
 * The pause is from the snapshot to the assignment; calls wait, none fails.
 */
import { Effect } from "effect";
import type { Generation } from "../cell/generation.ts";
import { type Component, LoadRefused, type Nursery } from "../cell/nursery.ts";
import type { Slot } from "../cell/slot.ts";
import type { CompiledCell } from "../engine/engine.ts";
import { PROBATION_MS } from "../limits.ts";
import { contractChanges } from "./contract_changes.ts";

/** What a swap did. The new generation is on probation from now on. */
export interface SwapReport {
  readonly cell: string;
  readonly generation: number;
  readonly hash: string;
  readonly pauseMs: number;
}

export interface SwapParts {
  readonly nursery: Nursery;
  readonly now: () => number;
  readonly install: (slot: Slot, generation: Generation) => void;
}

/** Swaps the slot's cell for `component`. A refusal changes nothing. */
export const swap = Effect.fn("kernel.swap")(
  function* (parts: SwapParts, slot: Slot, component: Component) {
    if (slot.changing || slot.standby !== undefined) {
      return yield* refuse(slot, "another swap of this cell is under way");
    }
    slot.changing = true;
    return yield* Effect.ensuring(
      exchange(parts, slot, component),
      Effect.sync(() => {
        slot.changing = false;
      }),
    );
  },
);

const exchange = Effect.fnUntraced(
  function* (parts: SwapParts, slot: Slot, component: Component) {
    const image = yield* checkedImage(parts, slot, component);
    yield* rehearse(parts, slot, image, component.version);
    const next = yield* parts.nursery.conceive(slot, image, component.version);
    const report = cutOver(parts, slot, next);
    if (report instanceof LoadRefused) return yield* report;
    slot.image = { compiled: image, version: component.version };
    return report;
  },
);

/** Compiles, and compares with what callers and the system file expect. */
export const checkedImage = Effect.fnUntraced(
  function* (
    parts: Pick<SwapParts, "nursery">,
    slot: Slot,
    component: Component,
  ) {
    const image = yield* parts.nursery.compile(slot, component.bytes);
    const changes = contractChanges(slot.image?.compiled, image, slot.spec);
    if (changes.refusals.length > 0) {
      return yield* new LoadRefused({
        cell: slot.name,
        stage: "contracts",
        reason: changes.refusals.join("; "),
      });
    }
    return image;
  },
);

/**
 * Starts a throw-away copy on the present state. Cells that own a device are
 * not rehearsed: two generations must not write to it.
 */
const rehearse = Effect.fnUntraced(
  function* (
    parts: SwapParts,
    slot: Slot,
    image: CompiledCell,
    version: string,
  ) {
    const ownsDevice = [...slot.spec.grants.values()]
      .some((provider) => provider.startsWith("driver:"));
    if (ownsDevice) return;
    const copy = yield* parts.nursery.conceive(slot, image, version);
    const old = slot.current;
    const state = old === undefined
      ? slot.checkpoint
      : parts.nursery.snapshot(slot, old, parts.now());
    if (state instanceof LoadRefused) {
      copy.end();
      return yield* state;
    }
    const refusal = parts.nursery.start(slot, copy, state);
    if (refusal !== undefined) return yield* refusal;
    copy.end();
  },
);

/** Synchronous: nothing else runs between the snapshot and the assignment. */
function cutOver(
  parts: SwapParts,
  slot: Slot,
  next: Generation,
): SwapReport | LoadRefused {
  const beganMs = parts.now();
  const old = slot.current;
  const state = old === undefined
    ? slot.checkpoint
    : parts.nursery.snapshot(slot, old, beganMs);
  if (state instanceof LoadRefused) {
    next.end();
    return state;
  }
  const refusal = parts.nursery.start(slot, next, state);
  if (refusal !== undefined) return refusal;
  parts.install(slot, next);
  const endedMs = parts.now();
  slot.checkpoint = state;
  slot.standby = old;
  slot.state = "probation";
  slot.detail = "";
  slot.probationEndsMs = endedMs + PROBATION_MS;
  slot.swapPauseMs = endedMs - beganMs;
  return {
    cell: slot.name,
    generation: next.number,
    hash: next.image.hash,
    pauseMs: endedMs - beganMs,
  };
}

function refuse(slot: Slot, reason: string): LoadRefused {
  return new LoadRefused({ cell: slot.name, stage: "swap", reason });
}
