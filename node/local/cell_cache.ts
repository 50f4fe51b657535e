/**
 * Compiled cells on disk, so that a warm start skips taking them apart.
 *
 * Only a cache: what is missing or does not check is made again. The engine
 * checks what it reads; a file that cannot be written is not an error.
 */
import { CACHED_CELLS_MAX, CACHED_OCTETS_MAX } from "./limits.ts";
import { readIfThere, removeIfThere, writeWhole } from "./files.ts";

export interface CellCache {
  get(key: string): Promise<Uint8Array | undefined>;
  put(key: string, octets: Uint8Array): Promise<void>;
}

export function cellCache(folder: string): CellCache {
  const file = (key: string) => `${folder}/${key.replace(/[^\w.-]/g, "_")}`;
  return {
    get: (key) =>
      Promise.resolve(
        quietly(() => readIfThere(file(key), CACHED_OCTETS_MAX)),
      ),
    put: (key, octets) => {
      quietly(() => {
        writeWhole(file(key), octets);
        forgetOldest(folder);
      });
      return Promise.resolve();
    },
  };
}

function forgetOldest(folder: string): void {
  const files = [...Deno.readDirSync(folder)]
    .filter((entry) => entry.isFile)
    .map((entry) => ({
      path: `${folder}/${entry.name}`,
      at: Deno.statSync(`${folder}/${entry.name}`).mtime?.getTime() ?? 0,
    }))
    .sort((a, b) => b.at - a.at);
  for (const { path } of files.slice(CACHED_CELLS_MAX)) removeIfThere(path);
}

/** A cache that cannot be used is no cache; the node runs without. */
function quietly<A>(work: () => A): A | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof Error) return undefined;
    throw error;
  }
}
