/** The ways into a cell that a benchmark has to build itself. */
import type { CoreInstance, InterfaceBinding } from "../wit/abi/binding.ts";
import type { Hart } from "../kernel/call/boundary.ts";
import { Calls } from "../kernel/call/calls.ts";
import { CapTable } from "../kernel/cap/table.ts";
import { Diary } from "../kernel/cell/diary.ts";
import { Generation } from "../kernel/cell/generation.ts";
import { Slot } from "../kernel/cell/slot.ts";
import type { Grants } from "../kernel/engine/engine.ts";
import { BLOB, type Work } from "./bench_cell.ts";
import {
  compileCell,
  type EngineShape,
  instantiateCell,
} from "./bench_timing.ts";

/** The deadline of a call through the kernel. */
const CALL_MS = 30_000;

type Core = Record<string, (...args: number[]) => number>;

/** By hand: what the machine itself takes. Nothing that comes back is checked. */
export function rawWork(core: CoreInstance): Work {
  const name = "karyon:bench/work@0.1.0#";
  const exports = core.exports as unknown as Core;
  const own = (called: string) => {
    const found = exports[name + called];
    if (found === undefined) throw new Error(`no core export ${called}`);
    return found;
  };
  const [add, octets, text, echo] = ["add", "octets", "text", "echo"].map(own);
  if (!add || !octets || !text || !echo) throw new Error("an export is gone");
  const after = exports[`cabi_post_${name}echo`] ?? (() => 0);
  const { realloc, memory } = core;
  const encoder = new TextEncoder();
  let view = new Uint8Array(memory.buffer);
  const fresh = () => {
    if (view.buffer !== memory.buffer) view = new Uint8Array(memory.buffer);
    return view;
  };
  let wide = new Uint32Array(memory.buffer);
  const words = () => {
    if (wide.buffer !== memory.buffer) wide = new Uint32Array(memory.buffer);
    return wide;
  };
  const fields = Object.keys(BLOB);
  return {
    add,
    octets: (list) => {
      const at = realloc(0, 0, 1, list.length);
      fresh().set(list, at);
      return octets(at, list.length);
    },
    text: (said) => {
      const at = realloc(0, 0, 1, said.length * 3);
      const { written } = encoder.encodeInto(said, fresh().subarray(at));
      return text(at, written);
    },
    echo: new Function(
      "echo",
      "after",
      "words",
      `return (b) => {
        const at = echo(${
        fields.map((field) => `b.${field}`).join(", ")
      }) >>> 2;
        const v = words();
        const out = {${
        fields.map((field, i) => `${field}: v[at + ${i}]`).join(", ")
      }};
        after(at << 2);
        return out;
      };`,
    )(echo, after, words) as Work["echo"],
  };
}

/** The door with another clock; a fault is an error of the benchmark. */
export function callsBy(now: () => number): Calls {
  return new Calls(now, (slot, _, fault) => {
    throw new Error(`${slot.name}: ${fault.kind}: ${fault.reason}`);
  });
}

/** A kernel's own parts around two cells, wired as the machine wires them. */
export class Wired {
  readonly caps = new CapTable();
  readonly calls = callsBy(() => performance.now());
  readonly #engine: EngineShape;

  constructor(engine: EngineShape) {
    this.#engine = engine;
  }

  async slot(
    name: string,
    component: Uint8Array,
    grants: Grants = new Map(),
    kind: Slot["spec"]["class"] = "hard",
  ): Promise<{ readonly slot: Slot; readonly generation: Generation }> {
    const slot = new Slot({
      name,
      component: `${name}.wasm`,
      class: kind,
      budgetMs: 0,
      callMs: CALL_MS,
      stepMs: CALL_MS,
      startMs: 1_000,
      memoryMib: 64,
      checkpointS: undefined,
      config: [],
      grants: new Map(),
    });
    const image = await compileCell(this.#engine, component);
    const generation = new Generation({
      number: 1,
      image,
      version: "0",
      instance: instantiateCell(this.#engine, image, grants),
      diary: new Diary(),
      revoke: () => {},
    });
    slot.current = generation;
    return { slot, generation };
  }

  target(
    slot: Slot,
    binding: InterfaceBinding<unknown>,
    calls: Calls = this.calls,
  ) {
    const { caps } = this;
    const hart: Hart = {
      calls,
      turn: () => Promise.resolve(),
      hardDue: () => {},
      reach: (of) => new Set([of]),
    };
    const cap = caps.mint(slot.name, binding.name);
    return { calls, caps, slot, cap, hart };
  }
}
