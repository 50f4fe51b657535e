/**
 * What the driver uses of the origin private file system.
 *
 * The types of Deno do not have it, because only a dedicated worker of a page
 * has synchronous access.
 *
 * Source: https://fs.spec.whatwg.org/
 */

/** Exclusive, synchronous access to one file. */
export interface SyncAccessHandle {
  /** Octets read; 0 at the end of the file. */
  read(into: Uint8Array, options: { at: number }): number;
  write(from: Uint8Array, options: { at: number }): number;
  truncate(length: number): void;
  getSize(): number;
  flush(): void;
  close(): void;
}

interface FileHandle {
  createSyncAccessHandle?(): Promise<SyncAccessHandle>;
}

export interface Directory {
  getFileHandle(
    name: string,
    options: { create: boolean },
  ): Promise<FileHandle>;
  removeEntry(name: string): Promise<void>;
}

/** The folder of this origin; undefined where the platform has none. */
export async function originFolder(): Promise<Directory | undefined> {
  const storage: unknown = Reflect.get(navigator, "storage");
  return hasFolder(storage) ? await storage.getDirectory() : undefined;
}

function hasFolder(
  storage: unknown,
): storage is { getDirectory(): Promise<Directory> } {
  return typeof storage === "object" && storage !== null &&
    "getDirectory" in storage && typeof storage.getDirectory === "function";
}
