import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { blockSuite } from "../../../conformance/hal/block/block_suite.ts";
import { BLOCK_GEOMETRY } from "../../../conformance/hal/block/case.ts";
import { BlockFile, type PlatformFile } from "./block_file.ts";
import {
  type BlockFileOptions,
  BlockFileRefused,
  openBlockFile,
} from "./open.ts";
import { subject } from "./testing/fixture.ts";

blockSuite("deno/block-file", subject);

function inTemp(body: (folder: string) => void): void {
  const folder = Deno.makeTempDirSync();
  try {
    body(folder);
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

const refusedAs = (
  reason: BlockFileRefused["reason"],
  path: string,
  options: BlockFileOptions,
) =>
  throws(
    () => openBlockFile(path, options).close(),
    (error) =>
      error instanceof BlockFileRefused && error.reason === reason &&
      (reason === "options" || error.message.includes(path)),
  );

Deno.test("deno/block_file: what cannot be opened is refused by name", () =>
  inTemp((folder) => {
    const options = { ...BLOCK_GEOMETRY, create: true };
    refusedAs("missing", `${folder}/none`, BLOCK_GEOMETRY);
    refusedAs("missing", `${folder}/none`, { ...options, readOnly: true });
    refusedAs("missing", `${folder}/none/disk`, options);
    refusedAs("not-a-file", folder, options);
    refusedAs("options", `${folder}/x`, { ...options, capacity: 4097 });
    refusedAs("options", `${folder}/x`, { ...options, capacity: 2 ** 60 });
    refusedAs("options", `${folder}/x`, { ...options, blockSize: 1000 });
    refusedAs("options", `${folder}/x`, { ...options, capacity: NaN });
    Deno.writeFileSync(`${folder}/large`, new Uint8Array(100_000));
    refusedAs("too-large", `${folder}/large`, { ...options, capacity: 8192 });
    strictEqual(Deno.statSync(`${folder}/large`).size, 100_000);
    deepStrictEqual([...Deno.readDirSync(folder)].map(({ name }) => name), [
      "large",
    ]);
    Deno.writeTextFileSync(`${folder}/file`, "");
    refusedAs("failed", `${folder}/file/disk`, options);
    refusedAs("failed", `${folder}/${"n".repeat(300)}`, options);
  }));

Deno.test("deno/block_file: a loop of symbolic links is refused", () => {
  const loop = new URL("./fixtures/loop", import.meta.url).pathname;
  refusedAs("failed", loop, { ...BLOCK_GEOMETRY, readOnly: true });
});

Deno.test("deno/block_file: one writer, or several readers", () =>
  inTemp((folder) => {
    const path = `${folder}/disk`;
    const writer = openBlockFile(path, { ...BLOCK_GEOMETRY, create: true });
    refusedAs("in-use", path, BLOCK_GEOMETRY);
    refusedAs("in-use", path, { ...BLOCK_GEOMETRY, create: true });
    refusedAs("in-use", path, { ...BLOCK_GEOMETRY, readOnly: true });
    writer.close();
    const first = openBlockFile(path, { ...BLOCK_GEOMETRY, readOnly: true });
    const second = openBlockFile(path, { ...BLOCK_GEOMETRY, readOnly: true });
    refusedAs("in-use", path, BLOCK_GEOMETRY);
    first.close();
    second.close();
    openBlockFile(path, BLOCK_GEOMETRY).close();
  }));

Deno.test("deno/block_file: the file is sparse, private and grows", () =>
  inTemp((folder) => {
    const path = `${folder}/disk`;
    const capacity = 64 * 1024 ** 3;
    const device = openBlockFile(path, { capacity, create: true });
    strictEqual(Deno.statSync(path).size, 0);
    const far = BigInt(capacity - 4096);
    strictEqual(device.write(far, new Uint8Array(4096).fill(7)).tag, "ok");
    const { size, blocks, mode } = Deno.statSync(path);
    strictEqual(size, capacity);
    ok(blocks !== null && blocks * 512 < 2 ** 20, `${blocks} sectors used`);
    strictEqual((mode ?? 0) & 0o077, 0);
    strictEqual(device.discard(4096n, BigInt(capacity - 4096)).tag, "ok");
    strictEqual(Deno.statSync(path).size, 4096);
    device.close();
  }));

Deno.test("deno/block_file: a file that ends inside a block reads on as zeros", () =>
  inTemp((folder) => {
    const path = `${folder}/disk`;
    Deno.writeFileSync(path, new Uint8Array(5000).fill(9));
    const device = openBlockFile(path, BLOCK_GEOMETRY);
    const result = device.read(4096n, 8192);
    ok(result.tag === "ok");
    ok(result.val.subarray(0, 904).every((octet) => octet === 9));
    ok(result.val.subarray(904).every((octet) => octet === 0));
    device.close();
  }));

Deno.test("deno/block_file: after close everything is refused", () =>
  inTemp((folder) => {
    const device = openBlockFile(`${folder}/disk`, {
      ...BLOCK_GEOMETRY,
      create: true,
    });
    device.close();
    device.close();
    const failed = { tag: "err", val: { tag: "failed", val: "closed" } };
    deepStrictEqual(device.read(0n, 4096), failed);
    deepStrictEqual(device.write(0n, new Uint8Array(4096)), failed);
    deepStrictEqual(device.flush(), failed);
    deepStrictEqual(device.discard(0n, 4096n), failed);
    strictEqual(device.health().tag, "failed");
  }));

/** A file in memory that stutters, and breaks when told. */
class FaultyFile implements PlatformFile {
  octets = new Uint8Array(0);
  #at = 0;
  /** Octets that a single call moves at most. */
  stride = 1000;
  /** Octets that still fit. */
  room = Infinity;
  noRoom: unknown = Object.assign(new Error("No space left on device"), {
    code: "ENOSPC",
  });
  failRead: Error | undefined;
  failWrite: Error | undefined;
  failSync: Error | undefined;

  seekSync(offset: number | bigint): number {
    return this.#at = Number(offset);
  }
  readSync(into: Uint8Array): number | null {
    if (this.failRead) throw this.failRead;
    const part = this.octets.subarray(
      this.#at,
      this.#at + Math.min(this.stride, into.length),
    );
    into.set(part);
    this.#at += part.length;
    return part.length === 0 ? null : part.length;
  }
  writeSync(from: Uint8Array): number {
    if (this.failWrite) throw this.failWrite;
    const count = Math.min(this.stride, from.length, this.room);
    if (count === 0) throw this.noRoom;
    this.room -= count;
    const grown = new Uint8Array(
      Math.max(this.octets.length, this.#at + count),
    );
    grown.set(this.octets);
    grown.set(from.subarray(0, count), this.#at);
    this.octets = grown;
    this.#at += count;
    return count;
  }
  truncateSync(length = 0): void {
    this.octets = this.octets.slice(0, length);
  }
  syncDataSync(): void {
    if (this.failSync) throw this.failSync;
  }
  close(): void {}
}

function overFaulty(): { file: FaultyFile; device: BlockFile } {
  const file = new FaultyFile();
  const device = new BlockFile(file, {
    ...BLOCK_GEOMETRY,
    capacity: BigInt(BLOCK_GEOMETRY.capacity),
    readOnly: false,
  }, 0);
  return { file, device };
}
const DATA = new Uint8Array(8192).map((_, i) => i * 7);

Deno.test("deno/block_file: short reads and writes are gone on with", () => {
  const { device } = overFaulty();
  strictEqual(device.write(0n, DATA).tag, "ok");
  deepStrictEqual(device.read(0n, 8192), { tag: "ok", val: DATA });
});

Deno.test("deno/block_file: no room is `full`, and nothing happened", () => {
  const { file, device } = overFaulty();
  device.write(0n, DATA);
  for (const room of [0, 1500]) {
    file.room = room;
    deepStrictEqual(device.write(8192n, DATA), {
      tag: "err",
      val: { tag: "full" },
    });
    strictEqual(file.octets.length, 8192);
    strictEqual(device.health().tag, "ok");
  }
  file.room = Infinity;
  strictEqual(device.write(8192n, DATA).tag, "ok");
});

Deno.test("deno/block_file: no room in the middle of old octets is `failed`", () => {
  const { file, device } = overFaulty();
  device.write(0n, DATA);
  file.room = 1500;
  const result = device.write(4096n, DATA);
  ok(result.tag === "err" && result.val.tag === "failed");
  strictEqual(device.health().tag, "degraded");
});

Deno.test("deno/block_file: a failed flush fails the device for good", () => {
  const { file, device } = overFaulty();
  device.write(0n, DATA);
  file.failSync = new Error("Input/output error (os error 5)");
  const refused = device.flush();
  ok(refused.tag === "err" && refused.val.tag === "failed");
  ok(refused.val.val.includes("Input/output error"));
  file.failSync = undefined;
  for (const done of [device.flush(), device.read(0n, 4096)]) {
    ok(done.tag === "err" && done.val.tag === "failed");
  }
  strictEqual(device.health().tag, "failed");
});

Deno.test("deno/block_file: errors of the platform are told, not thrown", () => {
  const { file, device } = overFaulty();
  device.write(0n, DATA);
  file.failRead = new Error("bad sector");
  deepStrictEqual(device.read(0n, 4096), {
    tag: "err",
    val: { tag: "failed", val: "read: bad sector" },
  });
  strictEqual(device.health().tag, "degraded");
  file.failWrite = new Error("bad sector");
  const refused = device.write(0n, DATA);
  ok(refused.tag === "err" && refused.val.tag === "failed");
});

Deno.test("deno/block_file: a file that is cut under the device is noticed", () => {
  const { file, device } = overFaulty();
  device.write(0n, DATA);
  file.octets = file.octets.slice(0, 4096);
  const result = device.read(0n, 8192);
  ok(result.tag === "err" && result.val.tag === "failed");
  strictEqual(device.health().tag, "failed");
});
