/**
 * Makes every loop of a module endless, and looks whether it can be stopped.
 *
 * A branch to the loop is put at its beginning, so who enters a loop never
 * leaves it. What is called then either meets no loop, or ends only because it
 * is stopped. That a plain form does not end is shown on threads of their own.
 */
import type { CheckMode } from "../../../kernel/engine/rewriter/checks.ts";
import { readInstruction } from "../../../kernel/engine/rewriter/instructions.ts";
import type { Reader } from "../../../kernel/engine/rewriter/reader.ts";
import {
  CORE_HEADER,
  SECTION,
  SECTION_ORDER,
  splitSections,
} from "../../../kernel/engine/rewriter/sections.ts";
import { skipValueType } from "../../../kernel/engine/rewriter/types.ts";
import { Writer } from "../../../kernel/engine/rewriter/writer.ts";
import type { Countdown } from "../../../kernel/engine/ticker.ts";
import { Store } from "./wast_store.ts";

const BRANCH_BACK = [0x0c, 0];
const ANYTHING = {
  functions: Infinity,
  memories: Infinity,
  globals: Infinity,
  memory64: [],
  table64: [],
  refuse: new Set<never>(),
  features: new Set<never>(),
};

function endlessBody(body: Reader): { octets: Uint8Array; loops: number } {
  const writer = new Writer();
  let copied = body.at;
  let loops = 0;
  for (let left = body.u32(); left > 0; left--) {
    body.u32();
    skipValueType(body);
  }
  while (!body.isDone) {
    const { name } = readInstruction(body, ANYTHING);
    if (name !== "loop") continue;
    loops += 1;
    writer.octets(body.slice(copied, body.at));
    writer.octets(BRANCH_BACK);
    copied = body.at;
  }
  writer.octets(body.slice(copied, body.end));
  return { octets: writer.done(), loops };
}

export interface Endless {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly loops: number;
}

/** The module must be valid. */
export function endless(octets: Uint8Array): Endless {
  const { sections } = splitSections(octets);
  const writer = new Writer(octets.length);
  writer.octets(CORE_HEADER);
  let loops = 0;
  for (const id of SECTION_ORDER) {
    const reader = sections.get(id);
    if (reader === undefined) continue;
    if (id !== SECTION.code) {
      writer.section(id, reader.slice(reader.at, reader.end));
      continue;
    }
    const code = new Writer();
    const count = reader.u32();
    code.u32(count);
    for (let index = 0; index < count; index++) {
      const body = endlessBody(reader.range(reader.u32()));
      loops += body.loops;
      code.u32(body.octets.length);
      code.octets(body.octets);
    }
    writer.section(id, code.done());
  }
  return { octets: writer.done(), loops };
}

/** A call that ended only because it was stopped. */
export interface Stopped {
  readonly octets: Uint8Array<ArrayBuffer>;
  readonly field: string;
  /** What it took from the beginning of the call, in milliseconds. */
  readonly tookMs: number;
}

/** Calls every function of one module; every answer comes within the deadline. */
export function stopsOf(
  { octets }: Endless,
  mode: CheckMode,
  countdown: Countdown,
  bounds: { readonly callMs: number; readonly fuel: bigint },
): { readonly calls: number; readonly stopped: readonly Stopped[] } {
  const stopped: Stopped[] = [];
  let calls = 0;
  const store = new Store(mode, countdown, bounds);
  const ask = (field: string, run: () => { readonly kind: string }) => {
    const from = performance.now();
    const { kind } = run();
    calls += 1;
    if (kind !== "stopped") return kind;
    stopped.push({ octets, field, tookMs: performance.now() - from });
    return kind;
  };
  if (ask("", () => store.instantiate(octets, undefined)) !== "values") {
    return { calls, stopped };
  }
  for (
    const { name, kind } of WebAssembly.Module.exports(
      new WebAssembly.Module(octets),
    )
  ) {
    if (kind !== "function") continue;
    ask(name, () => store.invokeWithZeros(undefined, name));
  }
  return { calls, stopped };
}

const THREAD = `onmessage = ({ data: { octets, field } }) => {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(octets));
  postMessage("begins");
  exports[field](...Array(exports[field].length).fill(0));
  postMessage("ended");
};`;

/**
 * Whether the plain form still runs after a while. The thread that runs it ends
 * with the process only.
 */
export function runsOn(
  { octets, field }: Stopped,
  afterMs: number,
): Promise<boolean> {
  const url = `data:text/javascript,${encodeURIComponent(THREAD)}`;
  const worker = new Worker(url, { type: "module" });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }) => {
      if (data === "begins") setTimeout(() => resolve(true), afterMs);
      else resolve(false);
    };
    worker.onerror = (event) => {
      event.preventDefault();
      resolve(false);
    };
    worker.postMessage({ octets, field });
  });
}
