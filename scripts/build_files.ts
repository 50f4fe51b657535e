/**
 * Writing build outputs: whole or not at all, and one build at a time.
 */

/** Milliseconds to wait for another build before giving up. */
const LOCK_WAIT_MS_MAX = 120_000;

/** Milliseconds between two looks at the lock. */
const LOCK_POLL_MS = 50;

/** Milliseconds after which a lock is taken to be left over from a build that died. */
const LOCK_STALE_MS = 180_000;

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

/** Runs `work` while holding the lock file; waits for another build, and takes over from one that died. */
export async function locked<T>(
  path: string,
  work: () => Promise<T>,
): Promise<T> {
  const folder = path.slice(0, path.lastIndexOf("/"));
  Deno.mkdirSync(folder, { recursive: true });
  await take(path);
  try {
    return await work();
  } finally {
    try {
      Deno.removeSync(path);
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

async function take(path: string): Promise<void> {
  for (let waited = 0;; waited += LOCK_POLL_MS) {
    try {
      Deno.writeTextFileSync(path, `${Deno.pid}\n`, { createNew: true });
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    }
    if (isStale(path)) {
      try {
        Deno.removeSync(path);
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      continue;
    }
    if (waited >= LOCK_WAIT_MS_MAX) {
      throw new Error(
        `another build holds ${path}; if none runs, remove that file`,
      );
    }
    await new Promise((go) => setTimeout(go, LOCK_POLL_MS));
  }
}

function isStale(path: string): boolean {
  try {
    const { mtime } = Deno.statSync(path);
    return mtime !== null && Date.now() - mtime.getTime() > LOCK_STALE_MS;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
