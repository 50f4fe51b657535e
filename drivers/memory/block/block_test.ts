import { ok, strictEqual, throws } from "node:assert/strict";
import { blockSuite } from "../../../conformance/hal/block/block_suite.ts";
import { memoryBlock } from "./block.ts";
import { subject } from "./testing/fixture.ts";

blockSuite("memory/block", subject);

Deno.test("memory/block: a full medium refuses without effect", () => {
  const device = memoryBlock({ capacity: 2 ** 40, memoryMax: 8192 });
  const data = new Uint8Array(8192).fill(1);
  strictEqual(device.write(0n, data.subarray(0, 4096)).tag, "ok");
  const refused = device.write(4096n, data);
  ok(refused.tag === "err" && refused.val.tag === "full");
  const after = device.read(4096n, 4096);
  ok(after.tag === "ok" && after.val.every((octet) => octet === 0));
  strictEqual(device.write(0n, data).tag, "ok");
  strictEqual(device.discard(0n, 2n ** 40n).tag, "ok");
  strictEqual(device.write(2n ** 39n, data).tag, "ok");
});

Deno.test("memory/block: refuses a geometry that the contract forbids", () => {
  const wrong: ReadonlyArray<Parameters<typeof memoryBlock>[0]> = [
    { capacity: 0 },
    { capacity: 4097 },
    { capacity: 4096, blockSize: 256 },
    { capacity: 4096, blockSize: 131_072 },
    { capacity: 3000, blockSize: 1000 },
    { capacity: 4096, transferMax: 0 },
    { capacity: 4096, transferMax: 5000 },
  ];
  for (const options of wrong) throws(() => memoryBlock(options), RangeError);
});
