/**
 * An engine whose instances are recorded: every call into one, every question
 * of one to its host, every answer to both, and how it ended.
 *
 * It stands between the kernel and any engine, and changes nothing that either
 * sees. Where a grant has a way past JavaScript, it is not taken: everything
 * passes through here.
 *
 * Deliberately absent: contracts with resources. A life that uses one is
 * recorded up to there, with the reason.
 */
import { Effect, Layer } from "effect";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import { hasResources } from "../call/connect.ts";
import {
  type CompiledCell,
  Elsewhere,
  Engine,
  type Grant,
  type Grants,
} from "../engine/engine.ts";
import { methodsOf } from "./methods.ts";
import { RecordedInstance } from "./recorded_instance.ts";
import type { Life, Recorder } from "./recorder.ts";

/** `engine`, with whatever it makes on the recording. */
export function recording<E, R>(
  engine: Layer.Layer<Engine, E, R>,
  recorder: Recorder,
): Layer.Layer<Engine, E, R> {
  return Layer.effect(
    Engine,
    Effect.map(Engine, (inner) => recordingEngine(inner, recorder)),
  ).pipe(Layer.provide(engine));
}

export function recordingEngine(
  engine: Engine["Service"],
  recorder: Recorder,
): Engine["Service"] {
  /** A component is written when it first comes to life. */
  const components = new WeakMap<CompiledCell, Uint8Array>();
  return {
    ...engine,
    compile: (bytes, limits) => {
      const kept = bytes.slice();
      return engine.compile(bytes, limits).pipe(
        Effect.tap((cell) => Effect.sync(() => components.set(cell, kept))),
      );
    },
    instantiate: (cell, grants, limits) =>
      Effect.suspend(() => {
        const { memoryMib, startMs, whose } = limits;
        const life = recorder.begin({
          cell: whose?.cell ?? "",
          generation: whose?.generation ?? 0,
          hash: cell.hash,
          memoryMib,
          startMs,
          contracts: [...grants.keys()],
        }, components.get(cell) ?? new Uint8Array());
        if (life === undefined) {
          return engine.instantiate(cell, unlinked(grants), limits);
        }
        const own = recordedGrants(cell, grants, life);
        return engine.instantiate(cell, own, limits).pipe(
          Effect.tapError((error) => Effect.sync(() => life.refused(error))),
          Effect.map((instance) => {
            life.ready();
            return new RecordedInstance(instance, life);
          }),
        );
      }),
  };
}

/** Other instances may be ones that the engine does not know. */
function unlinked(grants: Grants): Grants {
  return new Map([...grants].map(([name, { link: _, ...grant }]) => [
    name,
    grant,
  ]));
}

function recordedGrants(
  cell: CompiledCell,
  grants: Grants,
  life: Life,
): Grants {
  const recorded = new Map<string, Grant>();
  for (const [name, { binding, host, parking }] of grants) {
    if (!hasResources(binding)) {
      const plain = recordedHost(binding, host, life);
      recorded.set(
        name,
        parking === undefined ? { binding, host: plain } : {
          binding,
          host: plain,
          parking: recordedHost(binding, parking, life),
        },
      );
      continue;
    }
    if (cell.imports.has(name)) life.lost(`${name} has resources`);
    recorded.set(
      name,
      parking === undefined ? { binding, host } : { binding, host, parking },
    );
  }
  return recorded;
}

type AnyFunction = (...args: unknown[]) => unknown;

/** The same host, its answers on the recording. */
function recordedHost(
  binding: InterfaceBinding<unknown>,
  host: unknown,
  life: Life,
): unknown {
  const own = host as Record<string, AnyFunction>;
  const threw = (error: unknown): never => {
    life.threw(error);
    throw error;
  };
  const told = <T>(value: T): T => {
    life.told(value);
    return value;
  };
  return Object.fromEntries(
    methodsOf(binding, own).map((method) => {
      const head = life.headOf(binding.name, method);
      return [method, (...args: unknown[]) => {
        life.asked(head, args);
        let answer: unknown;
        try {
          answer = own[method]?.(...args);
        } catch (error) {
          return threw(error);
        }
        if (answer instanceof Elsewhere) {
          return new Elsewhere(answer.answer.then(told, threw));
        }
        return answer instanceof Promise
          ? answer.then(told, threw)
          : told(answer);
      }];
    }),
  );
}
