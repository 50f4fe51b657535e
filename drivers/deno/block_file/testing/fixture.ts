/**
 * The driver as the block suite wants it: over a file in a temporary folder.
 *
 * Faults are put between the driver and the real file. Losing the whole file is
 * not shown: a platform does not take an open one away.
 */
import {
  BLOCK_GEOMETRY,
  type BlockFaults,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import type { PlatformFile } from "../block_file.ts";
import { openBlockFile } from "../open.ts";

type Kind = Parameters<BlockFaults["failNext"]>[0];

/** A real file whose next operation of a kind fails when told. */
class FailingFile implements PlatformFile {
  constructor(
    readonly file: PlatformFile,
    readonly plan: { fails: Kind | undefined },
  ) {}

  seekSync(offset: number | bigint, whence: Deno.SeekMode): number {
    return this.file.seekSync(offset, whence);
  }

  readSync(into: Uint8Array): number | null {
    this.#fail("read");
    return this.file.readSync(into);
  }

  writeSync(from: Uint8Array): number {
    this.#fail("write");
    return this.file.writeSync(from);
  }

  truncateSync(length?: number): void {
    this.file.truncateSync(length);
  }

  syncDataSync(): void {
    this.#fail("flush");
    this.file.syncDataSync();
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
    const plan: { fails: Kind | undefined } = { fails: undefined };
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
      dispose() {
        device.close();
        Deno.removeSync(folder, { recursive: true });
      },
    };
  },
};
