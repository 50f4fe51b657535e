/**
 * Makes generations: compiles, instantiates with exactly the granted imports,
 * migrates older state, starts.
 *
 * Every step can refuse with a reason, and then nothing of the attempt is
 * left. What runs meanwhile is not touched.
 */
import { Effect, Schema } from "effect";
import { background } from "../../wit/gen/kernel_background.ts";
import { lifecycle, type State } from "../../wit/gen/kernel_lifecycle.ts";
import { succession } from "../../wit/gen/kernel_succession.ts";
import type { Calls, Outcome } from "../call/calls.ts";
import type { CompiledCell, Engine, Grants } from "../engine/engine.ts";
import { STATE_BYTES_MAX } from "../limits.ts";
import type { Diary } from "./diary.ts";
import { Generation } from "./generation.ts";
import type { Checkpoint, Slot } from "./slot.ts";

/** A component did not become a running generation; nothing was changed. */
export class LoadRefused extends Schema.TaggedError<LoadRefused>()(
  "LoadRefused",
  {
    cell: Schema.String,
    /** What was being done: compile, contracts, link, migrate, start, … */
    stage: Schema.String,
    reason: Schema.String,
    /**
     * `state`: without the handed-over state it might have started. `absence`:
     * something that it needs is not there; later it might start.
     */
    because: Schema.optionalKey(Schema.Literals(["state", "absence"])),
  },
) {
  override get message(): string {
    return `${this.cell}: ${this.stage} refused: ${this.reason}`;
  }
}

/** What one generation is given. */
export interface Endowment {
  readonly grants: Grants;
  readonly diary: Diary;
  /** Takes back every capability behind `grants`. */
  readonly revoke: () => void;
}

/** Bytes of a component and the version it calls itself. */
export interface Component {
  readonly bytes: Uint8Array;
  readonly version: string;
}

export type Endow = (slot: Slot, generation: number) => Endowment;

export class Nursery {
  constructor(
    readonly engine: Engine["Service"],
    readonly calls: Calls,
    readonly endow: Endow,
  ) {}

  /** Takes a component apart and checks that it is a cell at all. */
  compile(
    slot: Slot,
    bytes: Uint8Array,
  ): Effect.Effect<CompiledCell, LoadRefused> {
    const refuse = (reason: string) =>
      new LoadRefused({ cell: slot.name, stage: "compile", reason });
    return this.engine.compile(bytes, { memoryMib: slot.spec.memoryMib }).pipe(
      Effect.mapError((error) => refuse(error.message)),
      Effect.flatMap((image) => {
        const reason = noCell(slot, image);
        return reason === undefined
          ? Effect.succeed(image)
          : Effect.fail(refuse(reason));
      }),
    );
  }

  /** An instance with its grants, not yet started. */
  conceive(
    slot: Slot,
    image: CompiledCell,
    version: string,
  ): Effect.Effect<Generation, LoadRefused> {
    return Effect.suspend(() => {
      const number = slot.generations + 1;
      slot.generations = number;
      const { grants, diary, revoke } = this.endow(slot, number);
      return this.engine.instantiate(image, grants, {
        startMs: slot.spec.startMs,
        memoryMib: slot.spec.memoryMib,
        whose: { cell: slot.name, generation: number },
      }).pipe(
        Effect.mapError((error) => {
          revoke();
          const reason = error.message;
          return new LoadRefused({ cell: slot.name, stage: "link", reason });
        }),
        Effect.map((instance) =>
          new Generation({ number, image, version, instance, diary, revoke })
        ),
      );
    });
  }

  /** Starts a generation; on any refusal it is ended. */
  start(
    slot: Slot,
    generation: Generation,
    previous: Checkpoint | undefined,
  ): LoadRefused | undefined {
    const state = this.#stateFor(slot, generation, previous);
    const refusal = state instanceof LoadRefused
      ? state
      : this.#started(slot, generation, state);
    if (refusal !== undefined) generation.end();
    return refusal;
  }

  /**
   * Asks a started generation whether it still restores what one before it knew:
   * until it says no, nobody's calls reach it. On a fault it is ended.
   */
  ask(slot: Slot, generation: Generation): LoadRefused | undefined {
    const asked = this.calls.run(
      slot,
      generation,
      "lifecycle.health",
      slot.spec.callMs,
      ({ lifecycle }) => lifecycle.health(),
    );
    if (!asked.ok) {
      const about = { cell: slot.name, stage: "start" };
      const because = isAbsence(asked) ? "absence" : undefined;
      return refusalOf(about, asked.reason, because);
    }
    const { value } = asked;
    generation.restoring = value.tag === "starting" ? value.val : undefined;
    return undefined;
  }

  /**
   * Makes room in a generation, before it is started, for a state of so many
   * octets. On a refusal it is ended.
   */
  expect(
    slot: Slot,
    generation: Generation,
    octets: number,
  ): LoadRefused | undefined {
    const ready = this.calls.run(
      slot,
      generation,
      "room for the state",
      slot.spec.startMs,
      ({ instance }) => instance.expect(octets),
    );
    if (ready.ok) return undefined;
    generation.end();
    return refusalOf(
      { cell: slot.name, stage: "start" },
      ready.reason,
      "state",
    );
  }

  /**
   * Takes a generation's state at a step boundary. Its octets are a view: what it
   * is of can be given again as `spare`, which saves touching new memory.
   */
  snapshot(
    slot: Slot,
    generation: Generation,
    nowMs: number,
    spare: Uint8Array = new Uint8Array(0),
  ): Checkpoint | LoadRefused {
    const refuse = (reason: string) =>
      new LoadRefused({ cell: slot.name, stage: "snapshot", reason });
    const taken = this.calls.run(
      slot,
      generation,
      "lifecycle.snapshot",
      slot.spec.startMs,
      ({ instance, lifecycle }) => {
        const version = lifecycle.stateVersion();
        instance.lend(spare);
        const snapshot = lifecycle.snapshot();
        instance.lend(undefined);
        return { version, snapshot };
      },
    );
    if (!taken.ok) return refuse(taken.reason);
    const { version, snapshot } = taken.value;
    if (snapshot.tag === "err") return refuse(snapshot.val);
    const large = tooLarge(snapshot.val);
    return large === undefined
      ? { version, octets: snapshot.val, atMs: nowMs }
      : refuse(large);
  }

  /** The last call, then the end. A fault in it changes nothing any more. */
  stop(slot: Slot, generation: Generation): void {
    if (!generation.alive) return;
    this.calls.run(
      slot,
      generation,
      "lifecycle.stop",
      slot.spec.startMs,
      ({ lifecycle }) => lifecycle.stop(),
    );
    generation.end();
  }

  #started(
    slot: Slot,
    generation: Generation,
    state: State | undefined,
  ): LoadRefused | undefined {
    const config = slot.spec.config.map(([key, value]): [string, string] => [
      key,
      value,
    ]);
    const started = this.calls.run(
      slot,
      generation,
      "lifecycle.start",
      slot.spec.startMs,
      ({ lifecycle }) => lifecycle.start(config, state),
    );
    const about = { cell: slot.name, stage: "start" };
    if (!started.ok) {
      // A trap on a state may be the state's fault, even if it decodes.
      const because = isAbsence(started)
        ? "absence"
        : state === undefined
        ? undefined
        : "state";
      return refusalOf(about, started.reason, because);
    }
    if (started.value.tag === "ok") return undefined;
    const { tag, val } = started.value.val;
    const because = tag === "unavailable"
      ? "absence"
      : tag === "state"
      ? "state"
      : undefined;
    return refusalOf(about, `${tag}: ${val}`, because);
  }

  #stateFor(
    slot: Slot,
    generation: Generation,
    previous: Checkpoint | undefined,
  ): State | undefined | LoadRefused {
    if (previous === undefined) return undefined;
    const { version, octets } = previous;
    const migrated = this.calls.run(
      slot,
      generation,
      "lifecycle.migrate",
      slot.spec.startMs,
      ({ lifecycle }) => {
        const current = lifecycle.stateVersion();
        return current === version
          ? { version, result: { tag: "ok" as const, val: octets } }
          : {
            version: current,
            result: lifecycle.migrate({ version, octets }),
          };
      },
    );
    const about = { cell: slot.name, stage: "migrate" };
    if (!migrated.ok) return refusalOf(about, migrated.reason, "state");
    const { result } = migrated.value;
    if (result.tag === "err") return refusalOf(about, result.val, "state");
    const large = tooLarge(result.val);
    return large === undefined
      ? { version: migrated.value.version, octets: result.val }
      : refusalOf(about, large, "state");
  }
}

/** Why a component is not a cell for this slot. */
function noCell(slot: Slot, image: CompiledCell): string | undefined {
  if (image.exports.get(lifecycle.name) !== lifecycle.signature) {
    return `it does not export ${lifecycle.name}`;
  }
  const heir = image.exports.get(succession.name);
  if (heir !== undefined && heir !== succession.signature) {
    return `it exports another ${succession.name}`;
  }
  const step = image.exports.get(background.name);
  if (step === undefined) return undefined;
  if (step !== background.signature) {
    return `it exports another ${background.name}`;
  }
  return slot.spec.class === "hard" && slot.spec.budgetMs === 0
    ? `it exports ${background.name}, but the system file reserves no ` +
      "budget_ms for a hard cell"
    : undefined;
}

function isAbsence(outcome: Extract<Outcome<unknown>, { ok: false }>): boolean {
  return outcome.absence === "refused" || outcome.fault?.blameless === true;
}

function tooLarge(octets: Uint8Array): string | undefined {
  return octets.length <= STATE_BYTES_MAX
    ? undefined
    : `the state has ${octets.length} octets, at most ${STATE_BYTES_MAX}`;
}

function refusalOf(
  about: { readonly cell: string; readonly stage: string },
  reason: string,
  because: "state" | "absence" | undefined,
): LoadRefused {
  return new LoadRefused(
    because === undefined
      ? { ...about, reason }
      : { ...about, reason, because },
  );
}
