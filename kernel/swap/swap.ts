/**
 * Replaces a cell while the system runs, or leaves everything as it is.
 *
 * Load and compile beside the old -> contracts and capabilities checked ->
 * rehearsal of migration and start on a copy -> at a step boundary: snapshot,
 * start, one assignment -> probation with the old generation standing by.
 * The pause is from the snapshot to the assignment; calls wait, none fails.
 * A cell that exports `succession` is not rehearsed: it reads its device
 * beside the old generation (succession.ts).
 *
 * A slot without a live generation is filled too, from its last checkpoint:
 * so a disabled cell is repaired. Nothing stands by then, and there is no
 * probation; if the new one fails, it is restarted like any other.
 *
 * Restarts and heartbeats of the old generation go on meanwhile: each stage
 * looks at the slot anew, and the last one is a single synchronous piece.
 */
import { Effect } from "effect";
import type { Generation } from "../cell/generation.ts";
import { type Component, LoadRefused, type Nursery } from "../cell/nursery.ts";
import type { Checkpoint, Image, Slot, Standby } from "../cell/slot.ts";
import type { CellSpec } from "../manifest/system_file.ts";
import type { CompiledCell } from "../engine/engine.ts";
import { PROBATION_MS, SWAP_WAIT_MS } from "../limits.ts";
import type { ContractChanges } from "./contract_changes.ts";
import { follow, isHeir, succeed } from "./succession.ts";

/** What a swap did. Where an old generation stands by, probation begins. */
export interface SwapReport {
  readonly cell: string;
  readonly generation: number;
  readonly hash: string;
  readonly pauseMs: number;
}

/** What the slot's next generation is under: its spec, and what is withdrawn. */
export interface Under {
  readonly spec: CellSpec;
  readonly withdrawn: ReadonlySet<string>;
}

/** Changes it. A cell's terms are restored by a rollback where it does. */
export interface Reform {
  readonly next: (now: Under) => Under;
  readonly terms: boolean;
}

type Rights = Pick<Standby, "grants" | "withdrawn" | "spec">;

export interface SwapParts {
  readonly nursery: Nursery;
  readonly now: () => number;
  readonly turn: () => Promise<void>;
  /** Hard cells that are due; between two pieces of what keeps the hart long. */
  readonly hardDue: () => void;
  /** Waits until nothing runs in the cell; false if that took too long. */
  readonly atBoundary: (slot: Slot) => Effect.Effect<boolean>;
  readonly changes: (slot: Slot, next: CompiledCell) => ContractChanges;
  readonly install: (slot: Slot, generation: Generation) => void;
}

/**
 * Swaps the slot's cell for `component`; where an image is given, for that very
 * one. With `reform` the new generation has other grants, or another entry: they
 * stay or go with it. A refusal changes nothing, unless the old generation itself faulted while
 * its state was taken.
 */
export const swap = Effect.fn("kernel.swap")(
  function* (
    parts: SwapParts,
    slot: Slot,
    component: Component | Image,
    reform?: Reform,
  ) {
    if (slot.changing) {
      return yield* refuse(slot, "another swap of this cell is under way");
    }
    if (slot.state === "unloaded") {
      return yield* refuse(slot, "it is unloaded; propose to load it");
    }
    if (slot.standby !== undefined) {
      const leftMs = Math.max(slot.probationEndsMs - parts.now(), 0);
      return yield* refuse(
        slot,
        `the last swap is on probation for ${leftMs.toFixed(0)} ms more`,
      );
    }
    slot.changing = true;
    return yield* Effect.ensuring(
      exchange(parts, slot, component, reform),
      Effect.sync(() => {
        slot.changing = false;
      }),
    );
  },
);

const exchange = Effect.fnUntraced(
  function* (
    parts: SwapParts,
    slot: Slot,
    component: Component | Image,
    reform: Reform | undefined,
  ) {
    const { spec } = slot;
    const before: Rights = {
      grants: spec.grants,
      withdrawn: [...slot.withdrawn],
      spec: reform?.terms === true ? spec : undefined,
    };
    if (reform === undefined) {
      return yield* replace(parts, slot, component, before);
    }
    const next = reform.next({ spec, withdrawn: slot.withdrawn });
    slot.spec = next.spec;
    for (const name of before.withdrawn) {
      if (!next.withdrawn.has(name)) slot.withdrawn.delete(name);
    }
    return yield* replace(parts, slot, component, before).pipe(
      Effect.tapError(() =>
        Effect.sync(() => {
          slot.spec = reform.terms
            ? spec
            : { ...slot.spec, grants: before.grants };
          for (const name of before.withdrawn) slot.withdrawn.add(name);
        })
      ),
    );
  },
);

const replace = Effect.fnUntraced(
  function* (
    parts: SwapParts,
    slot: Slot,
    component: Component | Image,
    before: Rights,
  ) {
    const image: Image = {
      compiled: yield* checkedImage(parts, slot, component),
      version: component.version,
    };
    return yield* Effect.uninterruptible(Effect.gen(function* () {
      const rehearsed = yield* rehearse(parts, slot, image);
      const next = yield* conceive(parts, slot, image);
      parts.hardDue();
      if (rehearsed !== undefined) {
        const { length } = rehearsed.octets;
        const refusal = parts.nursery.expect(slot, next, length);
        if (refusal !== undefined) return yield* refusal;
      }
      const begun = yield* followed(parts, slot, next);
      // What was waiting meanwhile goes before the pause.
      yield* Effect.promise(parts.turn);
      yield* boundary(parts, slot, next);
      const how = { next, before, rehearsed, begun };
      const report = cutOver(parts, slot, image, how);
      return report instanceof LoadRefused ? yield* report : report;
    }));
  },
);

/** Compiles, and compares with what callers and the system file expect. */
const checkedImage = Effect.fnUntraced(
  function* (parts: SwapParts, slot: Slot, component: Component | Image) {
    const image = "compiled" in component
      ? component.compiled
      : yield* parts.nursery.compile(slot, component.bytes);
    const { refusals } = parts.changes(slot, image);
    if (refusals.length === 0) return image;
    return yield* new LoadRefused({
      cell: slot.name,
      stage: "contracts",
      reason: refusals.join("; "),
    });
  },
);

/** Waits until nothing runs in the cell; if that takes too long, `candidate` ends. */
const boundary = Effect.fnUntraced(
  function* (parts: SwapParts, slot: Slot, candidate: Generation) {
    if (yield* parts.atBoundary(slot)) return;
    candidate.end();
    return yield* refuse(
      slot,
      `no step boundary in ${SWAP_WAIT_MS} ms: a job of it does not end`,
    );
  },
);

const conceive = Effect.fnUntraced(
  function* (parts: SwapParts, slot: Slot, image: Image) {
    if (slot.stopped) return yield* refuse(slot, "the node is stopping");
    return yield* parts.nursery.conceive(slot, image.compiled, image.version);
  },
);

/** Lets an heir follow; gives the state that it was started on. */
const followed = Effect.fnUntraced(
  function* (parts: SwapParts, slot: Slot, next: Generation) {
    if (!isHeir(slot, next)) return undefined;
    yield* boundary(parts, slot, next);
    const begun = handedOver(parts, slot);
    if (begun instanceof LoadRefused) {
      next.end();
      return yield* begun;
    }
    if (begun !== undefined) yield* follow(parts, slot, next, begun);
    return begun;
  },
);

/**
 * Starts a throw-away copy on the present state, which it gives if it was taken
 * for this. Cells that own a device are not rehearsed: two generations must not
 * write to it.
 */
const rehearse = Effect.fnUntraced(
  function* (parts: SwapParts, slot: Slot, image: Image) {
    if (slot.ownsDevice) return undefined;
    const copy = yield* conceive(parts, slot, image);
    parts.hardDue();
    yield* boundary(parts, slot, copy);
    const isLive = slot.current !== undefined;
    const state = handedOver(parts, slot);
    if (state instanceof LoadRefused) {
      copy.end();
      return yield* state;
    }
    yield* Effect.promise(parts.turn);
    const refusal = parts.nursery.start(slot, copy, state);
    if (refusal !== undefined) return yield* refusal;
    parts.hardDue();
    parts.nursery.stop(slot, copy);
    yield* Effect.promise(parts.turn);
    return isLive ? state : undefined;
  },
);

/** Synchronous: nothing else runs between the snapshot and the assignment. */
function cutOver(
  parts: SwapParts,
  slot: Slot,
  image: Image,
  { next, before, rehearsed, begun }: {
    readonly next: Generation;
    readonly before: Rights;
    readonly rehearsed: Checkpoint | undefined;
    /** What an heir was started on. */
    readonly begun: Checkpoint | undefined;
  },
): SwapReport | LoadRefused {
  if (slot.stopped) {
    next.end();
    return refuse(slot, "the node is stopping");
  }
  const beganMs = parts.now();
  const state = begun === undefined
    ? begin(parts, slot, next, rehearsed)
    : succeed(parts, slot, next, begun);
  if (state instanceof LoadRefused) return state;
  const standby = standbyOf(slot, before);
  parts.install(slot, next);
  const endedMs = parts.now();
  slot.image = image;
  slot.checkpoint = state;
  slot.recentFaults = [];
  slot.recentFalls = [];
  slot.detail = "";
  slot.remark = "";
  slot.swapPauseMs = endedMs - beganMs;
  if (standby !== undefined) {
    slot.standby = standby;
    slot.state = "probation";
    slot.probationEndsMs = endedMs + PROBATION_MS;
  }
  return {
    cell: slot.name,
    generation: next.number,
    hash: next.image.hash,
    pauseMs: endedMs - beganMs,
  };
}

/** Starts the new generation on the old one's state; ended on a refusal. */
function begin(
  parts: SwapParts,
  slot: Slot,
  next: Generation,
  rehearsed: Checkpoint | undefined,
): Checkpoint | LoadRefused | undefined {
  const state = handedOver(parts, slot, rehearsed);
  if (state instanceof LoadRefused) {
    next.end();
    return state;
  }
  const refusal = parts.nursery.start(slot, next, state);
  if (refusal !== undefined) return refusal;
  // Where nobody serves there is nobody to follow: it reads its device alone.
  const isAlone = slot.current === undefined;
  return (isAlone ? parts.nursery.ask(slot, next) : undefined) ?? state;
}

/**
 * The live generation's state, or without one the last checkpoint. It takes the
 * place of the one that was rehearsed: memory that was touched already.
 */
function handedOver(
  { nursery, now }: SwapParts,
  slot: Slot,
  rehearsed?: Checkpoint,
) {
  const old = slot.current;
  if (old === undefined) return slot.checkpoint;
  const spare = rehearsed && new Uint8Array(rehearsed.octets.buffer);
  return nursery.snapshot(slot, old, now(), spare);
}

function standbyOf(slot: Slot, before: Rights): Standby | undefined {
  const { current, image } = slot;
  if (current === undefined || image === undefined) return undefined;
  return {
    generation: current,
    image,
    ...before,
    checkpoint: slot.checkpoint,
    recentFaults: slot.recentFaults,
    degraded: slot.state === "degraded",
  };
}

function refuse(slot: Slot, reason: string): LoadRefused {
  return new LoadRefused({ cell: slot.name, stage: "swap", reason });
}
