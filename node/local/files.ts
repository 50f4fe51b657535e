/** Files that are either whole or not there: written beside, then renamed. */

/** Writes `octets` to `path` in one step that survives a crash. */
export function writeWhole(path: string, octets: Uint8Array): void {
  const beside = `${path}.${crypto.randomUUID().slice(0, 8)}.new`;
  try {
    using file = Deno.openSync(beside, {
      write: true,
      createNew: true,
      mode: 0o600,
    });
    for (let at = 0; at < octets.length;) {
      at += file.writeSync(octets.subarray(at));
    }
    file.syncSync();
    Deno.renameSync(beside, path);
  } catch (error) {
    removeIfThere(beside);
    throw error;
  }
}

/** The whole file, or nothing if there is none; a longer one throws. */
export function readIfThere(
  path: string,
  octetsMax: number,
): Uint8Array | undefined {
  try {
    // Asked first: a pipe would be waited for, and a huge file held.
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new Error(`${path} is not a regular file`);
    if (size > octetsMax) {
      throw new Error(`${path} has ${size} octets, at most ${octetsMax} fit`);
    }
    return Deno.readFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

export function removeIfThere(path: string): void {
  try {
    Deno.removeSync(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
