/**
 * From AssemblyScript sources to component bytes.
 *
 * Loads the compiler, which takes a second: import this file only when there is something to compile.
 * Deliberately absent: the file system. Sources come from a function, bytes go to the caller.
 */
import asc from "assemblyscript/asc";
import {
  componentEmbed,
  componentNew,
} from "@bytecodealliance/jco-transpile/wasm-tools";

/** Flags of every cell. SIMD is deterministic; relaxed SIMD and threads are not enabled. */
const FLAGS = [
  "--runtime",
  "cells/sdk/assembly/runtime",
  "--shrinkLevel",
  "0",
  "--noColors",
  "--enable",
  "simd",
  "--use",
  "abort=cells/sdk/assembly/abort/abort",
  // Addresses are 32 bits wide here and stay so.
  "--disableWarning",
  "201",
];

/** What to compile. */
export interface Job {
  /** Entry path, as `source` knows it. */
  readonly entry: string;
  /** Text of a source file, or null. */
  readonly source: (path: string) => string | null;
  /** Core export as compiled to its canonical name. */
  readonly renames: ReadonlyMap<string, string>;
  /** World and packages as one text. */
  readonly wit: string;
  readonly world: string;
  /** Not optimized: a quarter of the time, for a variant that a test runs once. */
  readonly draft?: boolean;
}

/** The sources do not compile; the message holds the compiler's diagnostics. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}

/** Compiles, renames, embeds the contract, makes the component. */
export async function compile(job: Job): Promise<Uint8Array> {
  const core = await compileCore(job);
  const binary = renameExports(core, job.renames);
  const embedded = await componentEmbed({
    binary,
    witSource: job.wit,
    world: job.world,
  });
  return await componentNew(embedded);
}

async function compileCore(job: Job): Promise<Uint8Array> {
  let core: Uint8Array | undefined;
  const { error, stderr } = await asc.main(
    [
      job.entry,
      "--outFile",
      "cell.wasm",
      "--optimizeLevel",
      job.draft === true ? "0" : "3",
      ...FLAGS,
    ],
    {
      readFile: (path) => job.source(path),
      writeFile: (path, contents) => {
        if (path === "cell.wasm" && typeof contents !== "string") {
          core = contents;
        }
      },
      listFiles: () => null,
    },
  );
  if (error !== null || core === undefined) {
    const told = stderr.toString().trim();
    throw new CompileError(told === "" ? String(error) : told);
  }
  return core;
}

/** Rewrites the export section of a core module; other sections stay octet for octet. */
export function renameExports(
  core: Uint8Array,
  renames: ReadonlyMap<string, string>,
): Uint8Array {
  const out: number[][] = [];
  const pieces: Uint8Array[] = [core.subarray(0, 8)];
  let at = 8;
  const number = (): number => {
    let value = 0;
    for (let shift = 0;; shift += 7) {
      const octet = core[at++] as number;
      value += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) return value;
    }
  };
  while (at < core.length) {
    const start = at;
    const id = core[at++] as number;
    const size = number();
    const end = at + size;
    if (id !== 7) {
      pieces.push(core.subarray(start, end));
      at = end;
      continue;
    }
    const count = number();
    for (let i = 0; i < count; i++) {
      const length = number();
      const name = new TextDecoder().decode(core.subarray(at, at + length));
      at += length;
      const kind = core[at++] as number;
      const index = number();
      const octets = new TextEncoder().encode(renames.get(name) ?? name);
      out.push([
        ...leb(octets.length),
        ...octets,
        kind,
        ...leb(index),
      ]);
    }
    const body = [...leb(count), ...out.flat()];
    pieces.push(new Uint8Array([7, ...leb(body.length), ...body]));
  }
  return joined(pieces);
}

function leb(value: number): number[] {
  const out: number[] = [];
  let rest = value;
  do {
    const octet = rest % 128;
    rest = Math.floor(rest / 128);
    out.push(rest > 0 ? octet | 0x80 : octet);
  } while (rest > 0);
  return out;
}

function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const size = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const out = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    out.set(piece, at);
    at += piece.length;
  }
  return out;
}
