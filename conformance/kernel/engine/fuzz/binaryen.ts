/**
 * binaryen's translate-to-fuzz: random octets become a valid module.
 *
 * The tool is the JavaScript build of wasm-opt in the npm package `binaryen`,
 * which the compiler of cells brings with it. It is compiled once and gets a new
 * instance for each module, in this process: a module takes some 25 ms.
 */
import { constants } from "node:fs";
import { createRequire } from "node:module";
import { randomOctets } from "../chance.ts";
import type { Octets, Source } from "./sources.ts";

const INPUT_OCTETS_MAX = 3_000;

/** Of a module: what the engine takes of a cell, and what the rewriter knows. */
const PROFILES: readonly (readonly string[])[] = [
  [
    "--disable-gc",
    "--disable-exception-handling",
    "--disable-memory64",
    "--disable-multimemory",
  ],
  ["--disable-gc", "--disable-exception-handling"],
  ["--translate-to-exnref"],
];
const ALWAYS = [
  "--all-features",
  "--disable-threads",
  "--disable-shared-everything",
  "--disable-relaxed-simd",
  "--disable-custom-descriptors",
  "--disable-stack-switching",
  "--disable-strings",
  "--disable-fp16",
];

/** What the tool takes from whoever starts it, and what it leaves there. */
interface Tool {
  readonly arguments: readonly string[];
  readonly print: (text: string) => void;
  readonly printErr: (text: string) => void;
  readonly instantiateWasm: (
    imports: WebAssembly.Imports,
    done: (instance: WebAssembly.Instance, of: WebAssembly.Module) => void,
  ) => void;
  readonly postRun?: () => void;
  readonly onAbort?: (reason: unknown) => void;
  octets?: () => Uint8Array<ArrayBuffer>;
}

type Start = (
  tool: Tool,
  require: unknown,
  module: object,
  file: string,
  folder: string,
) => void;

/** The installed versions' paths, the newest first. */
export function installedTools(root: string): string[] {
  const folder = `${root}/node_modules/.deno`;
  try {
    return [...Deno.readDirSync(folder)].map(({ name }) => name)
      .filter((name) => /^binaryen@[\d.]+$/.test(name)).sort().reverse()
      .map((name) => `${folder}/${name}/node_modules/binaryen/bin/wasm-opt`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

/** The file that was named is not the tool. */
export class NoTool extends Error {}

async function textOf(file: string): Promise<string> {
  try {
    return await Deno.readTextFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  }
}

export class Binaryen implements Source {
  readonly name = "binaryen";
  readonly version: string;
  readonly #start: Start;
  readonly #module: WebAssembly.Module;
  readonly #folder: string;

  private constructor(
    start: Start,
    module: WebAssembly.Module,
    folder: string,
    version: string,
  ) {
    this.#start = start;
    this.#module = module;
    this.#folder = folder;
    this.version = version;
  }

  /** `folder` may be written. Rejects with `NoTool`. */
  static async open(file: string, folder: string): Promise<Binaryen> {
    const text = (await textOf(file)).replace(/^#!.*/, "");
    if (!text.includes("findWasmBinary")) {
      throw new NoTool(
        `${file} is not wasm-opt of the npm package binaryen; ` +
          "name another file or leave --wasm-opt out",
      );
    }
    const start = new Function(
      "Module",
      "require",
      "module",
      "__filename",
      "__dirname",
      "process",
      `${text}\n;Module.octets = findWasmBinary;`,
    ).bind(globalThis);
    // Its own, so that it reads no environment and sets no exit code.
    const process = {
      argv: [],
      env: {},
      versions: {},
      platform: "linux",
      binding: () => ({ fs: constants, ...constants }),
    };
    const require = createRequire(import.meta.url);
    const bound: Start = (tool, _, module, at, dir) =>
      start(tool, require, module, at, dir, process);
    const probe: Tool = {
      arguments: [],
      print: () => {},
      printErr: () => {},
      instantiateWasm: () => {},
    };
    bound(probe, require, {}, file, folder);
    if (probe.octets === undefined) throw new NoTool(`${file} has no module`);
    const module = await WebAssembly.compile(probe.octets());
    const version = /binaryen@([\d.]+)/.exec(file)?.[1] ?? "of unknown version";
    return new Binaryen(bound, module, folder, version);
  }

  async draw(chance: () => number): Promise<Octets | undefined> {
    const input = `${this.#folder}/draw.bin`;
    const output = `${this.#folder}/draw.wasm`;
    const length = 64 + Math.floor(chance() * INPUT_OCTETS_MAX);
    await Deno.writeFile(input, randomOctets(length, chance));
    const profile = PROFILES[Math.floor(chance() * PROFILES.length)] ?? [];
    await this.#run([
      "--quiet",
      "-ttf",
      input,
      "-o",
      output,
      ...ALWAYS,
      ...profile,
    ]);
    const octets = await Deno.readFile(output);
    return WebAssembly.validate(octets) ? octets : undefined;
  }

  #run(args: readonly string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      const said: string[] = [];
      this.#start(
        {
          arguments: args,
          print: (text) => said.push(text),
          printErr: (text) => said.push(text),
          instantiateWasm: (imports, done) => {
            WebAssembly.instantiate(this.#module, imports)
              .then((instance) => done(instance, this.#module), reject);
          },
          postRun: resolve,
          onAbort: (reason) => reject(new Error(`${reason}: ${said}`)),
        },
        undefined,
        {},
        "wasm-opt",
        this.#folder,
      );
    });
  }
}
