/**
 * The cells that the benchmarks run, compiled when they are needed.
 *
 * `back` answers calls of every shape and has the loops; `front` calls `back`
 * as often as it is told. Both are cells like any other: AssemblyScript over
 * generated bindings, with a lifecycle. Compiling takes a few seconds.
 */
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { cellSource } from "../wit/generator/as_cell.ts";
import { definers } from "../wit/generator/as_dialect.ts";
import { bindingSource } from "../wit/generator/ts_binding.ts";
import { messagesSource } from "../wit/generator/ts_messages.ts";
import { loadBinding, sdkSource } from "../wit/testing/instance.ts";
import { compile } from "./build_compile.ts";
import { worldOf } from "./build_generate.ts";

/** Fields of the 64 B record: sixteen u32. */
export const FIELDS = Array.from({ length: 16 }, (_, at) => `w${at}`);

export type Blob64 = Readonly<Record<string, number>>;

/** A record of 64 B, as both bindings take it. */
export const BLOB: Blob64 = Object.fromEntries(
  FIELDS.map((field, at) => [field, at * 0x0101_0101]),
);

export interface Work {
  add(a: number, b: number): number;
  /** Length of the list. */
  octets(list: Uint8Array): number;
  /** Length of the text, in UTF-16 units. */
  text(said: string): number;
  echo(blob: Blob64): Blob64;
}

export interface Loads {
  /** Sum of all numbers below `n`, modulo 2^32. */
  count(n: number): number;
  /** Makes the graph that `sweep` walks. */
  prepare(nodes: number, edges: number): void;
  /** Rounds of PageRank over it; a checksum. */
  sweep(rounds: number): number;
  fib(n: number): number;
  spin(): void;
}

export interface Drive {
  add(calls: number): number;
  echo(calls: number): number;
}

export interface BenchCells {
  readonly back: Uint8Array;
  readonly front: Uint8Array;
  readonly work: InterfaceBinding<Work>;
  readonly loads: InterfaceBinding<Loads>;
  readonly drive: InterfaceBinding<Drive>;
}

const WIT = `package karyon:bench@0.1.0;
interface work {
  record blob { ${FIELDS.map((field) => `${field}: u32`).join(", ")} }
  add: func(a: u32, b: u32) -> u32;
  octets: func(%list: list<u8>) -> u32;
  text: func(said: string) -> u32;
  echo: func(blob: blob) -> blob;
}
interface loads {
  count: func(n: u32) -> u32;
  prepare: func(nodes: u32, edges: u32);
  sweep: func(rounds: u32) -> f64;
  fib: func(n: u32) -> u32;
  spin: func();
}
interface drive {
  add: func(calls: u32) -> u32;
  echo: func(calls: u32) -> u32;
}
world back {
  export karyon:kernel/lifecycle@0.1.0;
  export work; export loads;
}
world plain-back {
  export karyon:kernel/lifecycle@0.1.0;
  export work;
}
world front {
  import work;
  export karyon:kernel/lifecycle@0.1.0;
  export drive;
}`;

const LIFECYCLE = `
import { Option } from "../../sdk/assembly/option";
import { Result, UNIT, Unit } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import { Condition, StartRefusal, State } from "./gen/lifecycle";

export function start(
  config: Array<Tuple2<string, string>>,
  previous: Option<State>,
): Result<Unit, StartRefusal> {
  return Result.ok<Unit, StartRefusal>(UNIT);
}
export function health(): Condition { return Condition.ok(); }
export function stateVersion(): u32 { return 1; }
export function snapshot(): Result<StaticArray<u8>, string> {
  return Result.err<StaticArray<u8>, string>("no such octets");
}
export function migrate(older: State): Result<StaticArray<u8>, string> {
  return Result.ok<StaticArray<u8>, string>(older.octets);
}
export function stop(): void {}
`;

const WORK = `
import { Blob } from "./gen/work";
export function add(a: u32, b: u32): u32 { return a + b; }
export function octets(list: StaticArray<u8>): u32 { return list.length; }
export function text(said: string): u32 { return said.length; }
export function echo(blob: Blob): Blob { return blob; }
`;

const LOADS = `
let rows = new StaticArray<u32>(1);
let columns = new StaticArray<u32>(0);
let shares = new StaticArray<f64>(0);
let next = new StaticArray<f64>(0);
let degrees = new StaticArray<f64>(0);

export function count(n: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < n; ++i) sum += i;
  return sum;
}

export function prepare(nodes: u32, edges: u32): void {
  rows = new StaticArray<u32>(nodes + 1);
  columns = new StaticArray<u32>(edges);
  shares = new StaticArray<f64>(nodes);
  next = new StaticArray<f64>(nodes);
  degrees = new StaticArray<f64>(nodes);
  let state: u32 = 0x9e3779b9;
  for (let i: u32 = 0; i < edges; ++i) {
    state ^= state << 13; state ^= state >> 17; state ^= state << 5;
    const column = <u32>((<u64>state * nodes) >> 32);
    unchecked(columns[i] = column);
    unchecked(degrees[column] += 1);
  }
  for (let node: u32 = 0; node <= nodes; ++node) {
    unchecked(rows[node] = <u32>(<u64>node * edges / nodes));
  }
  for (let node: u32 = 0; node < nodes; ++node) {
    unchecked(shares[node] = 1 / <f64>nodes / max(1, unchecked(degrees[node])));
  }
}

export function sweep(rounds: u32): f64 {
  const nodes = <u32>shares.length;
  let sum: f64 = 0;
  for (let round: u32 = 0; round < rounds; ++round) {
    sum = 0;
    for (let node: u32 = 0; node < nodes; ++node) {
      const end = unchecked(rows[node + 1]);
      let got: f64 = 0;
      for (let at = unchecked(rows[node]); at < end; ++at) {
        got += unchecked(shares[unchecked(columns[at])]);
      }
      const rank = 0.15 / <f64>nodes + 0.85 * got;
      sum += rank;
      unchecked(next[node] = rank / max(1, unchecked(degrees[node])));
    }
    const before = shares;
    shares = next;
    next = before;
  }
  return sum;
}

export function fib(n: u32): u32 {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

export function spin(): void { while (true) {} }
`;

const DRIVE = `
import * as far from "./gen/work";
export function add(calls: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < calls; ++i) sum = far.add(sum, i);
  return sum;
}
export function echo(calls: u32): u32 {
  let blob = new far.Blob(${FIELDS.map((_, at) => at).join(", ")});
  for (let i: u32 = 0; i < calls; ++i) blob = far.echo(blob);
  return blob.w15;
}
`;

/** In the data of both cells, so that a benchmark can make another component. */
export const VARIANT_TEXT = "no such octets";

/** Compiles both cells and makes the bindings of their contracts. */
export async function benchCells(): Promise<BenchCells> {
  const wit = witText();
  const back = await buildBenchCell(wit, "back", { work: WORK, loads: LOADS });
  const front = await buildBenchCell(wit, "front", { drive: DRIVE });
  return {
    back: back.component,
    front: front.component,
    work: await back.binding<Work>("work"),
    loads: await back.binding<Loads>("loads"),
    drive: await front.binding<Drive>("drive"),
  };
}

/** The contracts and worlds of the cells under test. */
export function witText(own = WIT): string {
  return `${own}\npackage karyon:kernel@0.1.0 {${kernelWit()}}`;
}

function kernelWit(): string {
  return ["lifecycle", "services"].map((file) =>
    Deno.readTextFileSync(
      new URL(`../wit/kernel/${file}.wit`, import.meta.url),
    ).replace(/^package .*;$/m, "")
  ).join("\n");
}

/** Compiles one cell: its contracts by file, the lifecycle unless it brings one. */
export async function buildBenchCell(
  wit: string,
  name: string,
  sources: Readonly<Record<string, string>>,
) {
  const world = await worldOf(wit, name);
  const { files, renames } = cellSource(world);
  const folder = `cells/${name}/assembly`;
  const own = new Map<string, string>();
  own.set(`${folder}/lifecycle.ts`, LIFECYCLE);
  for (const [file, text] of Object.entries(sources)) {
    own.set(`${folder}/${file}.ts`, text);
  }
  for (const [file, text] of files) own.set(`${folder}/gen/${file}`, text);
  const component = await compile({
    entry: `${folder}/gen/entry.ts`,
    source: (path) => own.get(path) ?? sdkSource(path),
    renames,
    wit,
    world: name,
  });
  const names = definers([...world.imports, ...world.exports]);
  const exported = (short: string) => {
    const found = world.exports
      .find((one) => one.name === `karyon:bench/${short}@0.1.0`);
    if (found === undefined) throw new Error(`no contract ${short}`);
    return found;
  };
  return {
    component,
    /** What the generator writes for the host: the binding, and its messages. */
    sources: (short: string) => ({
      binding: bindingSource(exported(short), names),
      messages: messagesSource(exported(short), names) ?? "",
    }),
    binding: async <I>(short: string): Promise<InterfaceBinding<I>> => {
      const binding: InterfaceBinding<unknown> = await loadBinding(
        bindingSource(exported(short), names),
        short,
      );
      return binding as InterfaceBinding<I>;
    },
  };
}
