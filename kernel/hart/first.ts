/** What the first hart does for others: it reads, compiles and tells for them. */
import { Effect } from "effect";
import type { Component } from "../cell/nursery.ts";
import type { CellStatus } from "../cell/status.ts";
import type { Beyond } from "../engine/engine.ts";
import type { KernelOptions } from "../kernel.ts";
import type { Known } from "./known.ts";
import type { HartRecord } from "./threads.ts";
import type { FirstDoes, LoadFault, Told } from "./protocol.ts";

export interface FirstParts {
  readonly options: KernelOptions;
  readonly beyond: Beyond;
  readonly known: Known;
  readonly now: () => number;
  readonly emit: KernelOptions["emit"];
  readonly heard: (status: CellStatus) => void;
  readonly record: HartRecord | undefined;
}

export function firstDoes(parts: FirstParts): FirstDoes {
  const { options, beyond, known } = parts;
  return {
    now: parts.now,
    component: (cell) => read(parts, cell),
    wayBack: async (cell) => {
      const way = options.wayBack?.(cell);
      const found = way && await Effect.runPromise(way);
      if (found !== undefined) known.remember(found.component);
      return found;
    },
    prepare: async ({ bytes, memoryMib }) => {
      const made = await Effect.runPromise(
        Effect.result(beyond.prepare(bytes, { memoryMib })),
      );
      if (made._tag === "Success") return { ok: true, value: made.success };
      const { kind, reason } = made.failure;
      return { ok: false, refusal: { kind, reason } };
    },
    status: (cells) => cells.forEach(parts.heard),
    checkpoint: ({ cell, checkpoint }) => {
      known.checkpoints.set(cell, checkpoint);
    },
    event: parts.emit,
    log: options.log,
    recorded: (octets) => parts.record?.write(octets),
    recordStopped: (reason) => parts.record?.stopped(reason),
  };
}

async function read(
  { options, known }: FirstParts,
  cell: string,
): Promise<Told<Component, LoadFault>> {
  const component = options.components(known.spec(cell));
  const found = await Effect.runPromise(Effect.result(component));
  if (found._tag === "Failure") {
    const { cell, stage, reason } = found.failure;
    return { ok: false, refusal: { cell, stage, reason } };
  }
  known.remember(found.success);
  return { ok: true, value: found.success };
}
