/**
 * The cell's collector and border, from outside: what is kept stays whole, what is dropped comes back, nothing leaks.
 *
 * Plan: a cell with linked, shared and cyclic objects, maps, growing arrays and static data works through far more memory
 * than it may hold; lists and strings come in and go out of it; temporaries larger than the arena are given back.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { compile } from "../../scripts/build_compile.ts";
import { worldOf } from "../../scripts/build_generate.ts";
import { cellSource } from "../../wit/generator/as_cell.ts";
import { definers } from "../../wit/generator/as_dialect.ts";
import { bindingSource } from "../../wit/generator/ts_binding.ts";
import {
  instantiateCore,
  loadBinding,
  sdkSource,
  takeApart,
} from "../../wit/testing/instance.ts";

const WIT = `package karyon:cell-heap@0.1.0;
world heap { import karyon:heap/out@0.1.0; export karyon:heap/work@0.1.0; }
package karyon:heap@0.1.0 {
interface out { put: func(texts: list<string>) -> list<string>; }
interface work {
  keep: func(key: u32, value: string);
  kept: func(key: u32) -> option<string>;
  forget: func(key: u32);
  churn: func(rounds: u32) -> u32;
  ring: func(length: u32) -> u32;
  octets: func(of: list<u8>) -> list<u8>;
  hold: func(of: list<u32>);
  held: func() -> list<u32>;
  pass: func(count: u32, chars: u32) -> u32;
}
}`;

const WORK = `
import { Option } from "../../sdk/assembly/option";
import { put } from "./gen/out";

class Node { next: Node | null = null; text: string = ""; constructor(public at: u32) {} }
const LABELS: string[] = ["static one", "static two", "static three"];
const values = new Map<u32, string>();
let circle: Node | null = null;
let last: StaticArray<u32> = [];

export function keep(key: u32, value: string): void { values.set(key, value); }
export function kept(key: u32): Option<string> {
  return values.has(key) ? Option.some<string>(values.get(key)) : Option.none<string>();
}
export function forget(key: u32): void { values.delete(key); }
export function churn(rounds: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rounds; i++) {
    const list: Node[] = [];
    for (let j: u32 = 0; j < 100; j++) {
      const node = new Node(j);
      node.text = LABELS[j % 3] + j.toString();
      if (j > 0) node.next = list[j - 1];
      list.push(node);
    }
    sum += list.length;
  }
  LABELS[1] = "static two";
  return sum;
}
export function ring(length: u32): u32 {
  const first = new Node(0);
  let at = first;
  for (let i: u32 = 1; i < length; i++) { const next = new Node(i); at.next = next; at = next; }
  at.next = first;
  const before = circle;
  circle = first;
  if (before == null) return 0;
  let count: u32 = 1;
  for (let node = before.next!; node != before; node = node.next!) { assert(node.at == count); count++; }
  return count;
}
export function octets(list: StaticArray<u8>): StaticArray<u8> { return list; }
export function hold(list: StaticArray<u32>): void { last = list; }
export function held(): StaticArray<u32> { return last; }
export function pass(count: u32, chars: u32): u32 {
  const texts: string[] = [];
  for (let i: u32 = 0; i < count; i++) texts.push("x".repeat(chars));
  const back = put(texts);
  let sum: u32 = 0;
  for (let i = 0; i < back.length; i++) sum += back[i].length;
  return sum;
}
`;

interface Work {
  keep(key: number, value: string): void;
  kept(key: number): string | undefined;
  forget(key: number): void;
  churn(rounds: number): number;
  ring(length: number): number;
  octets(of: Uint8Array): Uint8Array;
  hold(of: Uint32Array): void;
  held(): Uint32Array;
  pass(count: number, chars: number): number;
}

let built: ReturnType<typeof buildHeap> | undefined;

async function buildHeap() {
  const world = await worldOf(WIT, "heap");
  const source = cellSource(world);
  const own = new Map([["cells/heap/assembly/work.ts", WORK]]);
  for (const [file, text] of source.files) {
    own.set(`cells/heap/assembly/gen/${file}`, text);
  }
  const component = await compile({
    entry: "cells/heap/assembly/gen/entry.ts",
    source: (path) => own.get(path) ?? sdkSource(path),
    renames: source.renames,
    wit: WIT,
    world: "heap",
  });
  const [out] = world.imports;
  const [work] = world.exports;
  if (out === undefined || work === undefined) throw new Error("no world");
  const names = definers([out, work]);
  return {
    taken: await takeApart(component),
    out: await loadBinding(bindingSource(out, names), "out"),
    work: await loadBinding(bindingSource(work, names), "work"),
  };
}

async function cell() {
  const { taken, out, work } = await (built ??= buildHeap());
  const core = instantiateCore(taken, (core) => ({
    [out.name]: out.lower(core, {
      put: (texts: unknown) => texts,
    }) as WebAssembly.ModuleImports,
  }));
  const calls = work.bind(core) as unknown as Work;
  const pages = () => core.memory.buffer.byteLength / 65536;
  return { calls, pages };
}

Deno.test("what a cell drops in each call comes back", async () => {
  const { calls, pages } = await cell();
  strictEqual(calls.churn(100), 10_000);
  for (let at = 0; at < 20; at++) calls.churn(100);
  const settled = pages();
  for (let at = 0; at < 100; at++) calls.churn(100);
  strictEqual(pages(), settled, "memory goes on growing");
});

Deno.test("what a cell keeps outlives collections", async () => {
  const { calls, pages } = await cell();
  const text = (at: number) => `value ${at} ${"é".repeat(at % 50)}`;
  for (let at = 0; at < 500; at++) calls.keep(at, text(at));
  for (let at = 0; at < 500; at += 2) calls.forget(at);
  for (let at = 0; at < 30; at++) calls.churn(100);
  for (let at = 0; at < 500; at++) {
    strictEqual(calls.kept(at), at % 2 === 0 ? undefined : text(at));
  }
  ok(pages() < 256);
});

Deno.test("rings of objects are kept whole and dropped whole", async () => {
  const { calls, pages } = await cell();
  calls.ring(1000);
  for (let at = 0; at < 20; at++) {
    calls.churn(50);
    strictEqual(calls.ring(1000), 1000);
  }
  const settled = pages();
  for (let at = 0; at < 100; at++) calls.ring(1000);
  strictEqual(pages(), settled, "rings are never freed");
});

Deno.test("lists of numbers come in and go out without a trace", async () => {
  const { calls, pages } = await cell();
  const list = Uint8Array.from({ length: 100_000 }, (_, at) => at * 7);
  for (let at = 0; at < 50; at++) deepStrictEqual(calls.octets(list), list);
  const settled = pages();
  for (let at = 0; at < 200; at++) calls.octets(list);
  strictEqual(pages(), settled);
  deepStrictEqual(calls.octets(new Uint8Array()), new Uint8Array());
});

Deno.test("a list that is kept is not overwritten by later calls", async () => {
  const { calls } = await cell();
  const list = Uint32Array.from({ length: 1000 }, (_, at) => at * 3);
  calls.hold(list);
  for (let at = 0; at < 40; at++) {
    calls.churn(100);
    calls.octets(new Uint8Array(5000).fill(at));
  }
  deepStrictEqual(calls.held(), list);
});

Deno.test("temporaries past the arena are given back", async () => {
  const { calls, pages } = await cell();
  strictEqual(calls.pass(4, 100_000), 400_000);
  for (let at = 0; at < 20; at++) calls.pass(4, 100_000);
  const settled = pages();
  for (let at = 0; at < 60; at++) calls.pass(4, 100_000);
  strictEqual(pages(), settled);
  strictEqual(calls.pass(1000, 10), 10_000);
});
