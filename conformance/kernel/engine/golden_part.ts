/**
 * A part of rank as a program of the golden runs: the sums that it hands to rank are
 * the same on every engine.
 *
 * The host stands for rank: it tells what to build, and then asks for the sums of all
 * rows of each walk over a vector from a seed.
 */
import {
  graphAuthors,
  graphReads,
  halGpu,
  kernelBackground,
  kernelLifecycle,
  kernelSnapshots,
} from "../../../wit/gen/mod.ts";
import { absentGpu } from "../../../hal/gpu/absent.ts";
import type { Snapshots } from "../../../wit/gen/kernel_snapshots.ts";
import { seeded } from "./chance.ts";
import type { Program } from "./golden.ts";
import {
  authors,
  grant,
  KERNEL,
  links,
  PARTICLES,
  record,
} from "./golden_cells.ts";

const MEMORY_MIB = 128;
const STEPS_MAX = 100_000;
const OCTETS_MAX = 2 ** 16;
const SEED = 16;

/** As `assembly/tasks.ts` of the cell lays a task out. */
const TASK_MARK = 0x314b5452;
const TASK_HEAD = 96;
const BUILD = 1;
const WALK = 2;
const WALKS = [0, 1, 2];
const ROWS_HEAD = 64;
/** Where the head of rows has its seal. */
const SEAL_AT = 8;

/** The newest task, and the newest rows. */
class Desk {
  #task: Uint8Array = new Uint8Array();
  #number = 0n;
  #begun = new Uint8Array(OCTETS_MAX);
  rows = new Uint8Array();
  published = 0n;

  put(task: Uint8Array): void {
    this.#task = task;
    this.#number += 1n;
  }

  readonly service: Snapshots = {
    look: (name) => ({
      tag: "ok",
      val: name === "tasks"
        ? { number: this.#number, length: this.#task.length }
        : undefined,
    }),
    read: (_name, _number, offset, limit) => ({
      tag: "ok",
      val: this.#task.slice(offset, offset + limit),
    }),
    write: (_name, offset, octets) => {
      this.#begun.set(octets, offset);
      return { tag: "ok", val: true };
    },
    publish: (_name, length) => {
      this.rows = this.#begun.slice(0, length);
      return { tag: "ok", val: ++this.published };
    },
  };
}

/** Particles that some link names: the rows of the matrices. */
const nodes = () =>
  new Set(links().flatMap(({ origin, target }) => [origin, target])).size;

function task(kind: number, walk: number, seal: bigint): Uint8Array {
  const count = nodes();
  const values = kind === WALK ? count * (walk === 1 ? 2 : 1) : 0;
  const octets = new Uint8Array(TASK_HEAD + 8 * values);
  const view = new DataView(octets.buffer);
  const all = links().length;
  const words = [TASK_MARK, kind, 0, 0, walk, count, all, all, PARTICLES, 1];
  words.forEach((word, at) => view.setUint32(4 * at, word, true));
  view.setBigUint64(8, seal, true);
  view.setUint32(44, count, true);
  const chance = seeded(SEED + walk);
  for (let at = 0; at < values; at++) {
    view.setFloat64(TASK_HEAD + 8 * at, chance(), true);
  }
  return octets;
}

/** Builds matrices, and sums all their rows for each walk. */
export function partProgram(component: Uint8Array): Program {
  return {
    name: "rank cell, a part",
    component,
    memoryMib: MEMORY_MIB,
    begin: (open) => {
      const desk = new Desk();
      const { instance, core, bind } = open(
        new Map([
          ...KERNEL(),
          grant(graphReads, record()),
          grant(graphAuthors, authors),
          grant(kernelSnapshots, desk.service),
          grant(halGpu, absentGpu("none is granted")),
        ]),
      );
      const lifecycle = bind(kernelLifecycle);
      const background = bind(kernelBackground);
      const answerTo = (asked: Uint8Array): Uint8Array => {
        const before = desk.published;
        desk.put(asked);
        for (let steps = 0; steps < STEPS_MAX; steps++) {
          background.step();
          if (desk.published > before) return desk.rows;
        }
        throw new Error(`no answer after ${STEPS_MAX} steps`);
      };
      const job = () => {
        const started = lifecycle.start([
          ["part", "1"],
          ["tasks", "tasks"],
          ["rows", "rows"],
        ], undefined);
        const ready = answerTo(task(BUILD, 0, 0n));
        const view = new DataView(ready.buffer);
        const seal = view.getBigUint64(SEAL_AT, true);
        const sums = WALKS.map((walk) => {
          const asked = task(WALK, walk, seal);
          const rows = answerTo(asked);
          const values = asked.length - TASK_HEAD;
          if (rows.length === ROWS_HEAD + values) return rows;
          throw new Error(`walk ${walk}: ${rows.length} octets`);
        });
        return [started, ready, ...sums];
      };
      return { instance, core, job };
    },
  };
}
