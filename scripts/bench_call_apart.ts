/** What a direct call from cell to cell is made of. */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import type { CoreInstance } from "../wit/abi/binding.ts";
import { instantiateCore, takeApart } from "../wit/testing/instance.ts";
import type { BenchCells } from "./bench_cell.ts";
import type { Section } from "./bench_report.ts";
import { type Batch, nanoseconds } from "./bench_timing.ts";

const WORK = "karyon:bench/work@0.1.0";
const REST = "the crossing, accounted: what is left";

type Core = (...args: number[]) => number;

function exported(core: CoreInstance, name: string): Core {
  const found = core.exports[name];
  if (typeof found !== "function") throw new Error(`no core export ${name}`);
  return found as unknown as Core;
}

/** Answers as fast as possible: with nothing. */
async function nothing(): Promise<WebAssembly.ModuleImports> {
  const params = (count: number) => "i32 ".repeat(count);
  const octets = await parse(`(module
    (func (export "add") (param i32 i32) (result i32) (i32.const 1))
    (func (export "octets") (param i32 i32) (result i32) (i32.const 1))
    (func (export "text") (param i32 i32) (result i32) (i32.const 1))
    (func (export "echo") (param ${params(17)})))`);
  const module = new WebAssembly.Module(new Uint8Array(octets));
  const { exports } = new WebAssembly.Instance(module, {});
  return exports as WebAssembly.ModuleImports;
}

/** The 64 B record: each cell's own code alone, and the rest. */
export async function directApart(
  cells: BenchCells,
  whole: { readonly name: string; readonly batch: Batch },
  rounds: number,
): Promise<Section> {
  const back = instantiateCore(await takeApart(cells.back), () => ({}));
  const none = await nothing();
  const front = instantiateCore(
    await takeApart(cells.front),
    () => ({ [WORK]: none }),
  );
  const echo = exported(back, `${WORK}#echo`);
  const drive = exported(front, "karyon:bench/drive@0.1.0#echo");
  const calling: Batch = (count) => void drive(count);
  const called: Batch = (count) => {
    for (let at = 0; at < count; at += 1) {
      echo(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, at);
    }
  };
  // Taking turns with the whole: a difference needs the same moment.
  const [wholeNs = NaN, callerNs = NaN, calleeNs = NaN] = nanoseconds(
    [whole.batch, calling, called],
    rounds,
  );
  return {
    title: "A direct call taken apart, echo of a 64 B record",
    unit: "ns",
    lines: [
      { name: whole.name, value: wholeNs, yardstick: "of the call" },
      { name: "the calling cell's code, answered by nothing", value: callerNs },
      {
        name: "the called cell's code, called from JavaScript",
        value: calleeNs,
      },
      { name: REST, value: wholeNs - callerNs - calleeNs },
    ],
    goals: [{ line: REST, limit: 100 }],
    notes: [
      "both cells make an object of the record; alone they have no checks, so " +
      "the rest is rather too large",
    ],
  };
}
