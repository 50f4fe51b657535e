/**
 * The driver as the block suite wants it: over a file in a temporary folder.
 *
 * Between the driver and the real file it is seen what reaches it, and faults are
 * put there. Losing the whole file is
 * not shown: a platform does not take an open one away.
 */
import {
  BLOCK_GEOMETRY,
  type BlockFaults,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import { Recorder } from "../../../../conformance/hal/block/crash/medium.ts";
import type { PlatformFile } from "../block_file.ts";
import { openBlockFile } from "../open.ts";

type Kind = Parameters<BlockFaults["failNext"]>[0];

interface Plan {
  fails: Kind | undefined;
  readonly recorder: Recorder;
}

/** A real file, seen; its next operation of a kind fails when told. */
class FailingFile implements PlatformFile {
  #at = 0;

  constructor(readonly file: PlatformFile, readonly plan: Plan) {}

  seekSync(offset: number | bigint, whence: Deno.SeekMode): number {
    return this.#at = this.file.seekSync(offset, whence);
  }

  readSync(into: Uint8Array): number | null {
    this.#fail("read");
    const count = this.file.readSync(into);
    this.#at += count ?? 0;
    return count;
  }

  writeSync(from: Uint8Array): number {
    this.#fail("write");
    const count = this.file.writeSync(from);
    this.plan.recorder.write(this.#at, from.subarray(0, count));
    this.#at += count;
    return count;
  }

  truncateSync(length?: number): void {
    this.file.truncateSync(length);
    this.plan.recorder.resize(length ?? 0);
  }

  syncDataSync(): void {
    this.#fail("flush");
    this.file.syncDataSync();
    this.plan.recorder.flush();
  }

  close(): void {
    this.file.close();
  }

  #fail(kind: Kind): void {
    if (this.plan.fails !== kind) return;
    this.plan.fails = undefined;
    throw new Error("Input/output error (os error 5)");
  }
}

export const subject: BlockSubject = {
  contract: "block",
  make() {
    const folder = Deno.makeTempDirSync({ prefix: "karyon-conform-" });
    const path = `${folder}/disk`;
    const recorder = new Recorder();
    const plan: Plan = { fails: undefined, recorder };
    const open = (readOnly: boolean) =>
      openBlockFile(path, {
        ...BLOCK_GEOMETRY,
        readOnly,
        create: !readOnly,
        through: (file) => new FailingFile(file, plan),
      });
    let device = open(false);
    return {
      device,
      reopen({ readOnly }) {
        device.close();
        return device = open(readOnly);
      },
      faults: { failNext: (kind) => void (plan.fails = kind) },
      recording: {
        octets: 0,
        take: () => recorder.take(),
        openOn(octets) {
          device.close();
          Deno.writeFileSync(path, octets);
          return device = open(false);
        },
      },
      dispose() {
        device.close();
        Deno.removeSync(folder, { recursive: true });
      },
    };
  },
};
