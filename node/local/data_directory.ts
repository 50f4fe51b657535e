/**
 * The data directory of a node: what lies where, and who may use it.
 *
 * One process holds a directory at a time, by a lock that the platform drops
 * when the process ends, however it ends. Files are private to the owner.
 */
import { Effect, type Scope } from "effect";
import { Refusal } from "../api.ts";

export interface DataDirectory {
  readonly path: string;
  /** Compiled cells; may be deleted at any time. */
  readonly cache: string;
  /** Who governs the node. */
  readonly policy: string;
  /** Says where the running node answers, and holds the operator's token. */
  readonly nodeFile: string;
}

export function layOut(path: string): DataDirectory {
  const at = (name: string) => `${path}/${name}`;
  return {
    path,
    cache: at("cache"),
    policy: at("policy.json"),
    nodeFile: at("node.json"),
  };
}

/** Makes what is missing and takes the lock for the scope's life. */
export function hold(
  path: string,
): Effect.Effect<DataDirectory, Refusal, Scope.Scope> {
  const directory = layOut(path);
  return Effect.gen(function* () {
    yield* make(directory);
    yield* Effect.acquireRelease(
      lock(`${path}/lock`, path),
      (file) => Effect.sync(() => file.close()),
    );
    return directory;
  });
}

/** True while a process holds the directory. */
export function isHeld(path: string): boolean {
  try {
    using file = Deno.openSync(`${path}/lock`, { read: true });
    return !file.tryLockSync(true);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function make(directory: DataDirectory): Effect.Effect<void, Refusal> {
  return Effect.try({
    try: () => {
      for (const path of [directory.path, directory.cache]) {
        Deno.mkdirSync(path, { recursive: true, mode: 0o700 });
      }
    },
    catch: (error) =>
      new Refusal({
        kind: "unavailable",
        message: `the data directory ${directory.path} cannot be used: ${
          reasonOf(error)
        }`,
        fix: "choose a folder that you may write to with --data DIR",
      }),
  });
}

function lock(
  file: string,
  path: string,
): Effect.Effect<Deno.FsFile, Refusal> {
  return Effect.try({
    try: () =>
      Deno.openSync(file, {
        read: true,
        write: true,
        create: true,
        mode: 0o600,
      }),
    catch: (error) =>
      new Refusal({
        kind: "unavailable",
        message: `the data directory ${path} cannot be written: ${
          reasonOf(error)
        }`,
        fix: "choose a folder that you may write to with --data DIR",
      }),
  }).pipe(
    Effect.filterOrElse(
      (opened) => opened.tryLockSync(true),
      (opened) => {
        opened.close();
        return Effect.fail(
          new Refusal({
            kind: "conflict",
            message: `another node uses ${path}`,
            fix: "stop it first, or choose another folder with --data DIR",
          }),
        );
      },
    ),
  );
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
