/**
 * The audit log's files: the log appended with a flush, its head replaced whole,
 * one writer at a time.
 *
 * The file is created for its owner only and locked while it is open; a second
 * process that opens it is refused. Closing the scope releases it.
 */
import { Effect } from "effect";
import type { AuditStorage } from "../../kernel/governance/audit.ts";
import { StorageFailed } from "../../kernel/governance/refusals.ts";
import {
  fileWork,
  flushFolder,
  readWhole,
  writeWhole,
} from "./durable_files.ts";

/** A log of this size is no longer read into memory at boot. */
export const AUDIT_FILE_OCTETS_MAX = 256 << 20;

const HEAD_OCTETS_MAX = 1024;

export function auditPaths(folder: string) {
  return { log: `${folder}/audit.log`, head: `${folder}/audit.head` };
}

/** What both files hold, for reading only; the node may be running. */
export const readAuditFiles = Effect.fn("node.audit_read")(
  function* (folder: string) {
    const { log, head } = auditPaths(folder);
    // The head first: the log may only be ahead of it.
    const noted = yield* readWhole(head, HEAD_OCTETS_MAX);
    const octets = yield* readWhole(log, AUDIT_FILE_OCTETS_MAX);
    return { log: octets, head: noted };
  },
);

/** Opens or creates `<folder>/audit.log`, with `audit.head` beside it. */
export const openAuditFile = Effect.fn("node.audit_file")(
  function* (folder: string) {
    const { log: path, head: headPath } = auditPaths(folder);
    const file = yield* Effect.acquireRelease(
      fileWork(`opening ${path}`, () => openLocked(folder, path)),
      (file) => Effect.sync(() => file.close()),
    );
    const storage: AuditStorage = {
      readAll: readAll(file, path),
      append: (octets) =>
        fileWork(`appending to ${path}`, async () => {
          await file.seek(0, Deno.SeekMode.End);
          let at = 0;
          while (at < octets.length) {
            at += await file.write(octets.subarray(at));
          }
          await file.syncData();
        }),
      readHead: readWhole(headPath, HEAD_OCTETS_MAX),
      saveHead: (octets) =>
        Effect.asVoid(
          writeWhole(headPath, octets, { mode: 0o600, when: "replace" }),
        ),
      cut: (octets) =>
        fileWork(`cutting ${path}`, async () => {
          await file.truncate(octets);
          await file.sync();
        }),
    };
    return storage;
  },
);

async function openLocked(folder: string, path: string): Promise<Deno.FsFile> {
  const file = await Deno.open(path, {
    read: true,
    write: true,
    create: true,
    mode: 0o600,
  });
  if (!await file.tryLock(true)) {
    file.close();
    throw new Error("another process has it open");
  }
  await flushFolder(folder);
  return file;
}

const readAll = Effect.fnUntraced(function* (file: Deno.FsFile, path: string) {
  const { size } = yield* fileWork(`reading ${path}`, () => file.stat());
  if (size > AUDIT_FILE_OCTETS_MAX) {
    return yield* new StorageFailed({
      what: `reading ${path}`,
      reason: `it has ${size} octets; archive it with the node stopped`,
    });
  }
  return yield* fileWork(`reading ${path}`, async () => {
    const octets = new Uint8Array(size);
    await file.seek(0, Deno.SeekMode.Start);
    let at = 0;
    while (at < size) {
      const read = await file.read(octets.subarray(at));
      if (read === null) return octets.slice(0, at);
      at += read;
    }
    return octets;
  });
});
