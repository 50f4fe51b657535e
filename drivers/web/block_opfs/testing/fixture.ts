/**
 * The driver as the block suite wants it: over a file of the origin that the
 * worker runs for.
 *
 * Faults are put between the driver and the real file. Losing the whole file is
 * not shown: a platform does not take an open one away.
 */
import {
  BLOCK_GEOMETRY,
  type BlockFaults,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import { originFolder, type SyncAccessHandle } from "../access.ts";
import { openBlockOpfs } from "../open.ts";

type Kind = Parameters<BlockFaults["failNext"]>[0];

/** A real file whose next operation of a kind fails when told. */
function failing(
  file: SyncAccessHandle,
  plan: { fails: Kind | undefined },
): SyncAccessHandle {
  const pass = (kind: Kind) => {
    if (plan.fails !== kind) return;
    plan.fails = undefined;
    throw new DOMException("the medium failed", "InvalidStateError");
  };
  return {
    read(into, at) {
      pass("read");
      return file.read(into, at);
    },
    write(from, at) {
      pass("write");
      return file.write(from, at);
    },
    flush() {
      pass("flush");
      file.flush();
    },
    truncate: (length) => file.truncate(length),
    getSize: () => file.getSize(),
    close: () => file.close(),
  };
}

let made = 0;

export const subject: BlockSubject = {
  contract: "block",
  async absent() {
    return await originFolder() === undefined
      ? "a dedicated worker of a page has it: deno task suite:browser"
      : undefined;
  },
  async make() {
    const folder = await originFolder();
    if (folder === undefined) throw new Error("no origin private file system");
    const name = `karyon-conform-${made++}`;
    const plan: { fails: Kind | undefined } = { fails: undefined };
    const open = (readOnly: boolean) =>
      openBlockOpfs(folder, name, {
        ...BLOCK_GEOMETRY,
        readOnly,
        create: !readOnly,
        through: (file) => failing(file, plan),
      });
    let device = await open(false);
    return {
      device,
      async reopen({ readOnly }) {
        device.close();
        return device = await open(readOnly);
      },
      faults: { failNext: (kind) => void (plan.fails = kind) },
      async dispose() {
        device.close();
        await folder.removeEntry(name);
      },
    };
  },
};
