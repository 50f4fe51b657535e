/**
 * Replays a recording: lives its lives again, and says where one differs first.
 *
 * Reads the recording once, from the beginning; every life is instantiated and
 * ended where it was on the recording, so the memory that this takes is what the
 * recorded node took. Lives do not touch each other: a call from cell to cell
 * is a question of one life and a call of another.
 */
import { Effect } from "effect";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import { type CompiledCell, Engine, EngineRefusal } from "../engine/engine.ts";
import { ChunkReader, RecordDamaged, type Source } from "./chunk.ts";
import {
  bodyOf,
  ComponentBody,
  type Frame,
  LifeHead,
  Reason,
} from "./frame.ts";
import { LifeReplay } from "./life_replay.ts";
import { REPLAY_MS_MAX, REPLAY_MS_MIN, REPLAY_TIMES } from "./limits.ts";
import { Misread } from "./octets.ts";
import type { ReplayReport } from "./report.ts";

export interface ReplayOptions {
  readonly source: Source;
  /** Every contract that is known, by full name. */
  readonly contracts: ReadonlyMap<string, InterfaceBinding<unknown>>;
  readonly wants: (life: LifeHead) => boolean;
  /** Replayed in place of what is on the recording. */
  readonly component?: Uint8Array | undefined;
  readonly onProgress?: (frames: number, octets: number) => void;
}

/** Fails only if a component is refused. Damage is part of the report. */
export const replay = Effect.fn("record.replay")(
  function* (options: ReplayOptions) {
    const run = new Replay(options, yield* Engine);
    return yield* run.whole();
  },
);

class Replay {
  readonly #options: ReplayOptions;
  readonly #engine: Engine["Service"];
  readonly #components = new Map<string, Uint8Array>();
  readonly #compiled = new Map<string, CompiledCell>();
  readonly #waiting = new Map<number, LifeHead>();
  readonly #lives = new Map<number, LifeReplay>();
  readonly #heads = new Map<number, LifeHead>();
  #frames = 0;
  #end: string | undefined;

  constructor(options: ReplayOptions, engine: Engine["Service"]) {
    this.#options = options;
    this.#engine = engine;
  }

  whole(): Effect.Effect<ReplayReport, EngineRefusal> {
    return Effect.gen({ self: this }, function* () {
      const damaged = yield* this.#read();
      yield* Effect.sync(() => {
        for (const life of this.#lives.values()) life.finish();
      });
      return {
        frames: this.#frames,
        end: this.#end ?? "it has no end: the node was killed",
        ...(damaged === undefined ? {} : { damaged }),
        lives: [...this.#lives.values()].map((life) => life.report()),
        known: [...this.#heads.values()].map(({ cell, generation }) =>
          `${cell}/${generation}`
        ),
      };
    });
  }

  /** To the end, or to where it is damaged. */
  #read(): Effect.Effect<string | undefined, EngineRefusal> {
    const { source, onProgress } = this.#options;
    return Effect.gen({ self: this }, function* () {
      const reader = yield* sound(() => new ChunkReader(source));
      for (;;) {
        const frames = yield* sound(() => reader.next());
        if (frames === undefined) break;
        for (const frame of frames) yield* this.#feed(frame);
        onProgress?.(this.#frames, reader.at);
      }
      if (reader.torn > 0) {
        this.#end = `it is torn: ${reader.torn} octets of a chunk at octet ` +
          `${reader.at}, behind frame ${this.#frames}, are left out`;
      }
      return undefined;
    }).pipe(
      Effect.catch((error) =>
        error instanceof RecordDamaged
          ? Effect.succeed(error.message)
          : Effect.fail(error)
      ),
    );
  }

  #feed(frame: Frame): Effect.Effect<void, RecordDamaged | EngineRefusal> {
    this.#frames = frame.number;
    const { kind, life } = frame;
    const waiting = this.#waiting.get(life);
    if (waiting !== undefined && (kind === "ready" || kind === "refused")) {
      this.#waiting.delete(life);
      return this.#start(waiting, life, frame);
    }
    return sound(() => this.#take(frame), frame);
  }

  #take(frame: Frame): void {
    const { kind, life } = frame;
    switch (kind) {
      case "component": {
        const { hash, octets } = bodyOf(frame, ComponentBody);
        this.#components.set(hash, octets);
        return;
      }
      case "closed":
        this.#end = bodyOf(frame, Reason).reason;
        return;
      case "life":
        return this.#begin(life, bodyOf(frame, LifeHead));
    }
    if (!this.#heads.has(life)) throw new Misread(`there is no life ${life}`);
    this.#lives.get(life)?.feed(frame);
  }

  #begin(life: number, head: LifeHead): void {
    const { wants, contracts } = this.#options;
    if (this.#heads.has(life)) throw new Misread(`a second life ${life}`);
    this.#heads.set(life, head);
    if (!wants(head)) return;
    this.#waiting.set(life, head);
    this.#lives.set(life, new LifeReplay(head, contracts));
  }

  #start(
    head: LifeHead,
    life: number,
    end: Frame,
  ): Effect.Effect<void, RecordDamaged | EngineRefusal> {
    const replayed = this.#lives.get(life);
    if (replayed === undefined || replayed.isOver) return Effect.void;
    return Effect.gen({ self: this }, function* () {
      const cell = yield* this.#compile(head, end);
      replayed.beginStart(cell.hash, end);
      const { contracts } = this.#options;
      const grants = new Map(
        head.contracts.flatMap((name) => {
          const binding = contracts.get(name);
          return binding === undefined
            ? []
            : [[name, { binding, host: replayed.script.host(binding) }]];
        }),
      );
      const made = yield* this.#engine.instantiate(cell, grants, {
        memoryMib: head.memoryMib,
        startMs: Math.min(
          REPLAY_MS_MAX,
          Math.max(REPLAY_MS_MIN, REPLAY_TIMES * head.startMs),
        ),
      }).pipe(Effect.catch(Effect.succeed));
      yield* sound(() => replayed.started(made, end), end);
    });
  }

  #compile(
    { hash, memoryMib }: LifeHead,
    frame: Frame,
  ): Effect.Effect<CompiledCell, RecordDamaged | EngineRefusal> {
    return Effect.gen({ self: this }, function* () {
      const known = this.#compiled.get(hash);
      if (known !== undefined) return known;
      const octets = this.#options.component ?? this.#components.get(hash);
      if (octets === undefined) {
        return yield* Effect.fail(
          new RecordDamaged(
            `frame ${frame.number}: the component ${hash} is not on the recording`,
          ),
        );
      }
      const made = yield* this.#engine.compile(octets, { memoryMib });
      this.#compiled.set(hash, made);
      return made;
    });
  }
}

/** Work on what was read; what cannot be read is damage. */
function sound<A>(
  work: () => A,
  frame?: Frame,
): Effect.Effect<A, RecordDamaged> {
  return Effect.suspend(() => {
    try {
      return Effect.succeed(work());
    } catch (error) {
      if (error instanceof RecordDamaged) return Effect.fail(error);
      if (!(error instanceof Misread)) return Effect.die(error);
      return Effect.fail(
        new RecordDamaged(`frame ${frame?.number ?? 0}: ${error.message}`),
      );
    }
  });
}
