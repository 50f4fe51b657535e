/**
 * A process that compiles one driver that a model wrote, and does nothing else.
 *
 * It reads a job from standard input and answers on standard output, both JSON.
 * The compiler sees the job's files, the bindings and the SDK, by a table of
 * texts; it runs with the right to read the program's folder, and no other.
 *
 * Deliberately absent: running anything of what it compiled.
 */
import { decodeWorld } from "../wit/decode/world.ts";
import { worldSource } from "../wit/generator/packages.ts";
import { cellSource } from "../wit/generator/as_cell.ts";
import { BadAnswer, checkFiles } from "../node/forge/answer.ts";
import type { Compiled, CompileJob } from "../node/forge/compiler.ts";
import { readJson, reply } from "../node/forge/process_io.ts";
import { SOURCE_OCTETS_MAX } from "../node/forge/limits.ts";
import { ASSEMBLY, type Target, targetOf } from "../node/forge/target.ts";
import { readOrNothing } from "./build_files.ts";
import { worldOf } from "./build_generate.ts";
import { readTree } from "./build_tree.ts";

const ROOT = decodeURIComponent(new URL("..", import.meta.url).pathname)
  .replace(/\/$/, "");
const SDK = "../../../../../cells/sdk/assembly";
/** All that a path has to be to lead into the SDK. */
const SDK_FILE = /^cells\/sdk\/assembly\/[a-z0-9_]+\.ts$/;
/** JSON at most doubles what source is made of, beside a little. */
const JOB_OCTETS_MAX = 4 * SOURCE_OCTETS_MAX;

async function answer({ contract, files }: CompileJob): Promise<Compiled> {
  const target = targetOf(contract);
  if (target === undefined) throw new Error(`no contract ${contract}`);
  const wit = worldSource(target.wit, readTree(ROOT, ROOT).packages);
  const source = cellSource(await worldOf(wit, target.world), SDK);
  if (files === undefined) return { bindings: [...source.files] };
  const sources = new Map(files);
  checkFiles(sources);
  const missing = target.entries.find((name) => !sources.has(name));
  if (missing !== undefined) return { fault: `${missing} is missing` };
  const { compile, CompileError } = await import("./build_compile.ts");
  const known = new Map([
    ...[...sources].map(([name, text]) => [`${ASSEMBLY}/${name}`, text]),
    ...[...source.files].map(([name, text]) => [
      `${ASSEMBLY}/gen/${name}`,
      text,
    ]),
  ] as [string, string][]);
  try {
    const component = await compile({
      entry: `${ASSEMBLY}/gen/entry.ts`,
      source: (path) => known.get(path) ?? sdk(path),
      renames: source.renames,
      wit,
      world: target.world,
    });
    const fault = worldFault(component, target);
    return fault === undefined
      ? { component: component.toBase64() }
      : { fault };
  } catch (error) {
    // The component tools say what is wrong with a core module in the same way.
    if (error instanceof CompileError) return { fault: error.message };
    return { fault: `no component: ${messageOf(error)}` };
  }
}

function sdk(path: string): string | null {
  return SDK_FILE.test(path) ? readOrNothing(`${ROOT}/${path}`) ?? null : null;
}

/** The component asks for what the contract's drivers get, and no more. */
function worldFault(
  component: Uint8Array,
  target: Target,
): string | undefined {
  const { imports, exports } = decodeWorld(component);
  const more = [...imports.keys()].find((name) =>
    !target.imports.includes(name)
  );
  if (more !== undefined) {
    return `it imports ${more}; a driver has ${target.imports.join(", ")}`;
  }
  const missing = target.exports.find((name) => !exports.has(name));
  return missing === undefined ? undefined : `it does not export ${missing}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

if (import.meta.main) {
  try {
    reply(await answer(await readJson<CompileJob>(JOB_OCTETS_MAX)));
  } catch (error) {
    if (!(error instanceof BadAnswer)) throw error;
    reply({ fault: error.message });
  }
}
