/**
 * The data directory of a node: what lies where, and who may use it.
 *
 * One process holds a directory at a time, by a lock that the platform drops
 * when the process ends, however it ends. Files are private to the owner.
 */
import { Effect, type Scope } from "effect";
import { Refusal } from "../api.ts";
import { removeIfThere } from "./files.ts";
import { CHOOSE_FOLDER } from "./refusals.ts";
import { LOCK_TRIES_GAP_MS, LOCK_TRIES_MAX } from "./limits.ts";

export interface DataDirectory {
  readonly path: string;
  /** Compiled cells; may be deleted at any time. */
  readonly cache: string;
  /** Who governs the node. */
  readonly policy: string;
  /** Says where the running node answers, and holds the operator's token. */
  readonly nodeFile: string;
  /** Recordings of runs, where somebody asked for them. */
  readonly record: string;
}

export function layOut(path: string): DataDirectory {
  const at = (name: string) => `${path}/${name}`;
  return {
    path,
    cache: at("cache"),
    policy: at("policy.json"),
    nodeFile: at("node.json"),
    record: at("record"),
  };
}

/**
 * Makes what is missing and takes the lock for the scope's life. What a killed
 * node left behind, its `node.json` above all, is gone afterwards: nobody takes
 * a token to an address that now may be somebody else's.
 */
export function hold(
  path: string,
): Effect.Effect<DataDirectory, Refusal, Scope.Scope> {
  const directory = layOut(path);
  return Effect.gen(function* () {
    yield* usable(path, () => {
      for (const folder of [path, directory.cache]) {
        Deno.mkdirSync(folder, { recursive: true, mode: 0o700 });
      }
    });
    yield* Effect.acquireRelease(
      lock(path),
      (file) => Effect.sync(() => file.close()),
    );
    yield* usable(path, () => removeLeftOver(directory));
    return directory;
  });
}

/**
 * True while a process holds the directory. False also where it cannot be
 * used: who opens it learns why.
 */
export function isHeld(path: string): boolean {
  try {
    using file = Deno.openSync(lockFile(path), { read: true });
    // Shared, so that two who ask at once do not see each other.
    return !file.tryLockSync(false);
  } catch {
    return false;
  }
}

function lockFile(path: string): string {
  return `${path}/lock`;
}

/** Work on the directory; whatever the platform throws is a refusal. */
function usable<A>(path: string, work: () => A): Effect.Effect<A, Refusal> {
  return Effect.try({
    try: work,
    catch: (error) =>
      new Refusal({
        kind: "unavailable",
        message: `the data directory ${path} cannot be used: ${
          reasonOf(error)
        }`,
        fix: CHOOSE_FOLDER,
      }),
  });
}

/** Tried a few times: `isHeld` of another process takes the lock for a moment. */
const lock = Effect.fnUntraced(function* (path: string) {
  const file = yield* usable(path, () =>
    Deno.openSync(lockFile(path), {
      read: true,
      write: true,
      create: true,
      mode: 0o600,
    }));
  for (let tries = 1; !file.tryLockSync(true); tries += 1) {
    if (tries === LOCK_TRIES_MAX) {
      file.close();
      return yield* new Refusal({
        kind: "conflict",
        message: `another node uses ${path}`,
        fix: "stop it first, or choose another folder with --data DIR",
      });
    }
    yield* Effect.sleep(LOCK_TRIES_GAP_MS);
  }
  return file;
});

function removeLeftOver(directory: DataDirectory): void {
  removeIfThere(directory.nodeFile);
  for (const { isFile, name } of Deno.readDirSync(directory.path)) {
    if (isFile && /^node\.json\..+\.new$/.test(name)) {
      removeIfThere(`${directory.path}/${name}`);
    }
  }
}

/** The platform's reason in one line. */
export function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.PermissionDenied) {
    return "permission denied";
  }
  return error instanceof Error
    ? error.message.split("\n")[0] ?? error.name
    : String(error);
}
