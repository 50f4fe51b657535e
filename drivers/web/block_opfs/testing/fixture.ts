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
import { Recorder } from "../../../../conformance/hal/block/crash/medium.ts";
import {
  type Directory,
  originFolder,
  type SyncAccessHandle,
} from "../access.ts";
import { openBlockOpfs } from "../open.ts";

type Kind = Parameters<BlockFaults["failNext"]>[0];

interface Plan {
  fails: Kind | undefined;
  readonly recorder: Recorder;
}

/** A real file, seen; its next operation of a kind fails when told. */
function failing(
  file: SyncAccessHandle,
  plan: Plan,
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
      const count = file.write(from, at);
      plan.recorder.write(at.at, from.subarray(0, count));
      return count;
    },
    flush() {
      pass("flush");
      file.flush();
      plan.recorder.flush();
    },
    truncate(length) {
      file.truncate(length);
      plan.recorder.resize(length);
    },
    getSize: () => file.getSize(),
    close: () => file.close(),
  };
}

/** Puts these octets into a file that nobody has open, in place of its own. */
async function fill(
  folder: Directory,
  name: string,
  octets: Uint8Array,
): Promise<void> {
  const handle = await folder.getFileHandle(name, { create: true });
  const file = await handle.createSyncAccessHandle?.();
  if (file === undefined) throw new Error("no synchronous access");
  file.truncate(0);
  file.write(octets, { at: 0 });
  file.close();
}

let made = 0;
/** To open a file of the origin takes milliseconds. */
const CRASH_STATES = 12;

/** Every state of a power cut is tried where no number is given. */
export const subjectWith = (statesMax?: number): BlockSubject => ({
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
    const recorder = new Recorder();
    const plan: Plan = { fails: undefined, recorder };
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
      recording: {
        octets: 0,
        ...(statesMax === undefined ? {} : { statesMax }),
        take: () => recorder.take(),
        async openOn(octets) {
          device.close();
          await fill(folder, name, octets);
          return device = await open(false);
        },
      },
      faults: { failNext: (kind) => void (plan.fails = kind) },
      async dispose() {
        device.close();
        await folder.removeEntry(name);
      },
    };
  },
});

export const subject: BlockSubject = subjectWith(CRASH_STATES);
