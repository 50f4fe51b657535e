/**
 * Small files that are there whole or not at all, also after a power cut.
 *
 * A write goes to a temporary file beside the target, is flushed, takes the
 * target's place in one step, and the folder is flushed. What is left of an
 * interrupted write is a file that ends in `.tmp`: nobody reads it.
 */
import { Effect } from "effect";
import { StorageFailed } from "../../kernel/governance/refusals.ts";

export interface WriteMode {
  /** Permission bits of the new file. */
  readonly mode: number;
  /** `new` refuses where the file exists; `replace` takes its place. */
  readonly when: "new" | "replace";
}

let writes = 0; // names temporary files of this process apart

/** Runs file work; any error becomes `StorageFailed` with what was done. */
export function fileWork<A>(
  what: string,
  work: () => Promise<A>,
): Effect.Effect<A, StorageFailed> {
  return Effect.tryPromise({
    try: work,
    catch: (error) =>
      new StorageFailed({
        what,
        reason: error instanceof Error ? error.message : String(error),
      }),
  });
}

/** Durable when it returns. False where `new` found a file already there. */
export function writeWhole(
  path: string,
  octets: Uint8Array,
  { mode, when }: WriteMode,
): Effect.Effect<boolean, StorageFailed> {
  return fileWork(`writing ${path}`, async () => {
    writes += 1;
    const temporary = `${path}.${Deno.pid}-${writes}.tmp`;
    try {
      await writeFlushed(temporary, octets, mode);
      if (when === "replace") {
        await Deno.rename(temporary, path);
      } else if (!await linkNew(temporary, path)) {
        return false;
      }
    } finally {
      await Deno.remove(temporary).catch(ignoreMissing);
    }
    await flushFolder(parentOf(path));
    return true;
  }).pipe(Effect.uninterruptible);
}

/** All octets of a file of at most `octetsMax`; nothing where there is none. */
export function readWhole(
  path: string,
  octetsMax: number,
): Effect.Effect<Uint8Array<ArrayBuffer> | undefined, StorageFailed> {
  return fileWork(`reading ${path}`, async () => {
    try {
      const { size, isFile } = await Deno.stat(path);
      if (!isFile) throw new Error("it is not a file");
      if (size > octetsMax) {
        throw new Error(`it has ${size} octets, at most ${octetsMax} expected`);
      }
      return await Deno.readFile(path);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  });
}

/** Makes a folder, with its parents, for its owner only. */
export function makeFolder(path: string): Effect.Effect<void, StorageFailed> {
  return fileWork(
    `making ${path}`,
    () => Deno.mkdir(path, { recursive: true, mode: 0o700 }),
  );
}

/** Names of the files in a folder that end so, sorted. */
export function filesIn(
  folder: string,
  end: string,
): Effect.Effect<readonly string[], StorageFailed> {
  return fileWork(`listing ${folder}`, async () => {
    const names: string[] = [];
    for await (const entry of Deno.readDir(folder)) {
      if (entry.isFile && entry.name.endsWith(end)) names.push(entry.name);
    }
    return names.sort();
  });
}

async function writeFlushed(
  path: string,
  octets: Uint8Array,
  mode: number,
): Promise<void> {
  using file = await Deno.open(path, { write: true, createNew: true, mode });
  let at = 0;
  while (at < octets.length) at += await file.write(octets.subarray(at));
  await file.sync();
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await Deno.link(from, to);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Windows cannot flush a folder; there the rename is as durable as it gets. */
export async function flushFolder(path: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  using folder = await Deno.open(path, { read: true });
  await folder.sync();
}

function parentOf(path: string): string {
  const at = path.lastIndexOf("/");
  return at < 0 ? "." : path.slice(0, at + 1);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}
