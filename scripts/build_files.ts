/**
 * Writing build outputs: whole or not at all, and one build at a time.
 */

/** Milliseconds to wait for another build before giving up. */
const LOCK_WAIT_MS_MAX = 300_000;

let written = 0;

/** Writes a file by renaming a finished one over it; unchanged content is left alone. */
export function writeWhole(path: string, content: string | Uint8Array): void {
  if (typeof content === "string" && readOrNothing(path) === content) return;
  const folder = path.slice(0, path.lastIndexOf("/"));
  Deno.mkdirSync(folder, { recursive: true });
  const temporary = `${path}.${Deno.pid}-${written++}.tmp`;
  if (typeof content === "string") Deno.writeTextFileSync(temporary, content);
  else Deno.writeFileSync(temporary, content);
  Deno.renameSync(temporary, path);
}

/** A file's text, or undefined if there is none. */
export function readOrNothing(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

/** Whether a file is there. */
export function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Removes files of a folder that are not in `keep`, so that nothing old is compiled. */
export function removeOthers(folder: string, keep: ReadonlySet<string>): void {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(folder)];
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw error;
  }
  for (const entry of entries) {
    if (entry.isFile && !keep.has(entry.name)) {
      Deno.removeSync(`${folder}/${entry.name}`);
    }
  }
}

/**
 * Runs `work` while holding the lock file, after any other build is done.
 * The system frees the lock of a build that dies; the file itself stays and means nothing.
 */
export async function locked<T>(
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  using file = Deno.openSync(path, { create: true, write: true });
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(
      () => fail(new Error(`another build has held ${path} for minutes`)),
      LOCK_WAIT_MS_MAX,
    );
  });
  try {
    await Promise.race([file.lock(true), late]);
  } finally {
    clearTimeout(timer);
  }
  try {
    return await work();
  } finally {
    file.unlockSync();
  }
}
