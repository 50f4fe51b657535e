/**
 * A new generation catches up on its device while the old one serves.
 *
 * The heir is started on the state at that moment and reads, in slices that give
 * way to others, what the device holds. The old generation goes on, also
 * writing; so callers never see less than it knew. Whatever goes wrong until
 * the heir has succeeded is a refused swap, and the old one has not noticed.
 *
 * Deliberately absent: rehearsal. Following is one.
 */
import { Effect } from "effect";
import type { Generation } from "../cell/generation.ts";
import { LoadRefused, type Nursery } from "../cell/nursery.ts";
import type { Checkpoint, Slot } from "../cell/slot.ts";
import type { Outcome } from "../call/calls.ts";
import { FOLLOW_MS_MAX, FOLLOW_SLICE_MS } from "../limits.ts";

export interface SuccessionParts {
  readonly nursery: Nursery;
  readonly now: () => number;
  readonly turn: () => Promise<void>;
}

/** Whether this new generation takes over a live one's device by following it. */
export function isHeir(slot: Slot, next: Generation): boolean {
  return slot.current !== undefined && next.succession !== undefined;
}

/** Starts the heir and lets it follow until it is idle; ended on a refusal. */
export const follow = Effect.fnUntraced(
  function* (
    { nursery, now, turn }: SuccessionParts,
    slot: Slot,
    heir: Generation,
    state: Checkpoint,
  ) {
    const refusal = nursery.start(slot, heir, state);
    if (refusal !== undefined) return yield* refusal;
    const endMs = now() + FOLLOW_MS_MAX;
    for (;;) {
      yield* Effect.promise(turn);
      if (slot.stopped) return yield* given(slot, heir, "the node is stopping");
      if (now() >= endMs) {
        const waited = `${FOLLOW_MS_MAX / 1_000} s`;
        const reason = `it had not read its device after ${waited}`;
        return yield* given(slot, heir, reason);
      }
      const piece = followed(nursery, slot, heir, now());
      if (!piece.ok) return yield* given(slot, heir, piece.reason);
      if (piece.value?.tag === "idle") return;
    }
  },
);

/**
 * In the pause: the old generation's last state is taken, and the heir reads the
 * rest. On a refusal it is ended, and the old one goes on.
 */
export function succeed(
  { nursery, now }: SuccessionParts,
  slot: Slot,
  heir: Generation,
  begun: Checkpoint,
): Checkpoint | LoadRefused {
  const { current } = slot;
  const state = current === undefined
    ? begun
    : nursery.snapshot(slot, current, now());
  if (state instanceof LoadRefused) {
    heir.end();
    return state;
  }
  if (!isSame(state, begun)) {
    return given(slot, heir, "the state changed while it read its device");
  }
  const done = nursery.calls.run(
    slot,
    heir,
    "succession.succeed",
    slot.spec.startMs,
    ({ succession }) => succession?.succeed(),
  );
  if (!done.ok) return given(slot, heir, done.reason);
  return done.value?.tag === "err" ? given(slot, heir, done.value.val) : state;
}

/** One slice; `should-yield` tells the heir when it is over. */
function followed(
  { calls }: Nursery,
  slot: Slot,
  heir: Generation,
  nowMs: number,
): Outcome<
  ReturnType<NonNullable<Generation["succession"]>["follow"]> | undefined
> {
  const { yieldAtMs } = slot;
  slot.yieldAtMs = nowMs + FOLLOW_SLICE_MS;
  try {
    return calls.run(
      slot,
      heir,
      "succession.follow",
      slot.spec.stepMs,
      ({ succession }) => succession?.follow(),
    );
  } finally {
    slot.yieldAtMs = yieldAtMs;
  }
}

/** The heir is given up. */
function given(slot: Slot, heir: Generation, reason: string): LoadRefused {
  heir.end();
  return new LoadRefused({ cell: slot.name, stage: "succession", reason });
}

function isSame(one: Checkpoint, other: Checkpoint): boolean {
  return one.version === other.version &&
    one.octets.length === other.octets.length &&
    one.octets.every((octet, at) => octet === other.octets[at]);
}
