/**
 * Where modules come from: binaryen's generator, the official suite, a seed.
 *
 * A source gives a module for a draw of chance, always the same one for the same
 * draw. What is not there is said.
 */
import { parse } from "@bytecodealliance/jco-transpile/wasm-tools";
import { modulesOf } from "../wast.ts";

export type Octets = Uint8Array<ArrayBuffer>;

export interface Source {
  readonly name: string;
  /** `undefined` where this draw gives no module. */
  draw(chance: () => number): Promise<Octets | undefined>;
}

const OCTETS_MAX = 20_000;

/** Modules of the scripts in a folder; `undefined` where there are none. */
export function suiteSource(folder: string): Source | undefined {
  const names: string[] = [];
  try {
    for (const { name } of Deno.readDirSync(folder)) {
      if (name.endsWith(".wast")) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (names.length === 0) return undefined;
  names.sort();
  const texts = new Map<string, readonly string[]>();
  const modules = new Map<string, Octets | undefined>();
  const of = (script: string) => {
    const known = texts.get(script);
    if (known !== undefined) return known;
    const text = Deno.readTextFileSync(`${folder}/${script}`);
    const found = [...modulesOf(text)];
    texts.set(script, found);
    return found;
  };
  return {
    name: "suite",
    draw: async (chance) => {
      const script = names[Math.floor(chance() * names.length)] ?? "";
      const found = of(script);
      const at = Math.floor(chance() * found.length);
      const key = `${script} ${at}`;
      if (!modules.has(key)) {
        modules.set(key, await assembled(found[at] ?? ""));
      }
      return modules.get(key);
    },
  };
}

/** The octets of a text if it is a valid module of bearable size. */
export async function assembled(text: string): Promise<Octets | undefined> {
  try {
    const octets = new Uint8Array(await parse(text));
    if (octets.length > OCTETS_MAX) return undefined;
    return WebAssembly.validate(octets) ? octets : undefined;
  } catch {
    return undefined;
  }
}
