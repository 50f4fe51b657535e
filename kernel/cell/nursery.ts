/**
 * Makes generations: compiles, instantiates with exactly the granted imports,
 * migrates older state, starts.
 *
 * Every step can refuse with a reason, and then nothing of the attempt is
 * left. What runs meanwhile is not touched.
 */
import { Effect, Schema } from "effect";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import type { State } from "../../wit/gen/kernel_lifecycle.ts";
import { lifecycle } from "../../wit/gen/kernel_lifecycle.ts";
import type { Calls } from "../call/calls.ts";
import type { CompiledCell, Engine } from "../engine/engine.ts";
import { STATE_BYTES_MAX } from "../limits.ts";
import { Generation } from "./generation.ts";
import type { Checkpoint, Slot } from "./slot.ts";

/** A component did not become a running generation; nothing was changed. */
export class LoadRefused extends Schema.TaggedError<LoadRefused>()(
  "LoadRefused",
  {
    cell: Schema.String,
    /** What was being done: compile, link, migrate, start, snapshot. */
    stage: Schema.String,
    reason: Schema.String,
  },
) {
  override get message(): string {
    return `${this.cell}: ${this.stage} refused: ${this.reason}`;
  }
}

/** An import of a component and what answers it. */
export interface Grant {
  readonly binding: InterfaceBinding<unknown>;
  readonly host: unknown;
}

/** Bytes of a component and the version it calls itself. */
export interface Component {
  readonly bytes: Uint8Array;
  readonly version: string;
}

/** The grants of a slot, made for one generation. */
export type GrantsFor = (
  slot: Slot,
  generation: number,
) => ReadonlyMap<string, Grant>;

export class Nursery {
  constructor(
    readonly engine: Engine["Service"],
    readonly calls: Calls,
    readonly grantsFor: GrantsFor,
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
      Effect.filterOrFail(
        (image) => image.exports.get(lifecycle.name) === lifecycle.signature,
        () => refuse(`it does not export ${lifecycle.name}`),
      ),
    );
  }

  /** An instance with its grants, not yet started. */
  conceive(
    slot: Slot,
    image: CompiledCell,
    version: string,
  ): Effect.Effect<Generation, LoadRefused> {
    const number = slot.generations + 1;
    return this.engine.instantiate(image, this.grantsFor(slot, number), {
      startMs: slot.spec.startMs,
      memoryMib: slot.spec.memoryMib,
    }).pipe(
      Effect.mapError((error) =>
        new LoadRefused({
          cell: slot.name,
          stage: "link",
          reason: error.message,
        })
      ),
      Effect.map((instance) => {
        slot.generations = number;
        return new Generation(number, image, version, instance);
      }),
    );
  }

  /** Starts a generation; on any refusal it is ended. */
  start(
    slot: Slot,
    generation: Generation,
    previous: Checkpoint | undefined,
  ): LoadRefused | undefined {
    const state = this.#stateFor(slot, generation, previous);
    if (state instanceof LoadRefused) {
      generation.end();
      return state;
    }
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
    const reason = !started.ok
      ? started.reason
      : started.value.tag === "err"
      ? `${started.value.val.tag}: ${started.value.val.val}`
      : undefined;
    if (reason === undefined) return undefined;
    generation.end();
    return new LoadRefused({ cell: slot.name, stage: "start", reason });
  }

  /** Takes a generation's state at a step boundary. */
  snapshot(
    slot: Slot,
    generation: Generation,
    nowMs: number,
  ): Checkpoint | LoadRefused {
    const refuse = (reason: string) =>
      new LoadRefused({ cell: slot.name, stage: "snapshot", reason });
    const taken = this.calls.run(
      slot,
      generation,
      "lifecycle.snapshot",
      slot.spec.startMs,
      ({ lifecycle }) => ({
        version: lifecycle.stateVersion(),
        snapshot: lifecycle.snapshot(),
      }),
    );
    if (!taken.ok) return refuse(taken.reason);
    const { version, snapshot } = taken.value;
    if (snapshot.tag === "err") return refuse(snapshot.val);
    if (snapshot.val.length > STATE_BYTES_MAX) {
      return refuse(
        `the state has ${snapshot.val.length} octets, at most ${STATE_BYTES_MAX}`,
      );
    }
    return { version, octets: snapshot.val, atMs: nowMs };
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
    const refuse = (reason: string) =>
      new LoadRefused({ cell: slot.name, stage: "migrate", reason });
    if (!migrated.ok) return refuse(migrated.reason);
    const { result } = migrated.value;
    return result.tag === "ok"
      ? { version: migrated.value.version, octets: result.val }
      : refuse(result.val);
  }
}
