/** Governance's files on a real disk: restart, torn tail, second process. */
import {
  deepStrictEqual,
  match,
  rejects,
  strictEqual,
} from "node:assert/strict";
import { Effect } from "effect";
import { utf8 } from "../../kernel/crypto/mod.ts";
import { openAudit } from "../../kernel/governance/mod.ts";
import { openAuditFile, openProposalFiles } from "./mod.ts";
import { filesIn, readWhole, writeWhole } from "./durable_files.ts";

const run = Effect.runPromise;

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const life = (folder: string, kinds: number) =>
  run(Effect.scoped(Effect.gen(function* () {
    const log = yield* openAudit(yield* openAuditFile(folder), {});
    for (let n = 0; n < kinds; n += 1) yield* log.append("executed", {});
    return yield* log.records;
  })));

Deno.test("the audit file goes on after a restart and a torn tail", () =>
  inFolder(async (folder) => {
    strictEqual((await life(folder, 2)).length, 3);
    strictEqual((await life(folder, 1)).length, 5);
    const path = `${folder}/audit.log`;
    const { size } = await Deno.stat(path);
    using file = await Deno.open(path, { append: true });
    await file.write(new Uint8Array(5));
    const records = await life(folder, 0);
    strictEqual(records.length, 6);
    match(records.at(-1)?.facts["torn-tail"] ?? "", /5 octets cut/);
    await Deno.truncate(path, size);
    await rejects(life(folder, 0), /its end was cut off/);
  }));

Deno.test("a second opener of the audit file is refused", () =>
  inFolder(async (folder) => {
    const refused = await run(Effect.scoped(Effect.gen(function* () {
      yield* openAuditFile(folder);
      return yield* Effect.flip(openAuditFile(folder));
    })));
    match(refused.message, /another process/);
    strictEqual(
      (await life(folder, 0)).length,
      1,
      "the lock went with its scope",
    );
  }));

Deno.test("proposals and components are replaced whole and found again", () =>
  inFolder(async (folder) => {
    const id = `01${"ab".repeat(32)}`;
    const store = await run(openProposalFiles(folder));
    await run(store.save(id, utf8("one")));
    await run(store.save(id, utf8("two")));
    await run(store.saveComponent(id, utf8("wasm")));
    const again = await run(openProposalFiles(folder));
    deepStrictEqual(await run(again.all), [utf8("two")]);
    deepStrictEqual(await run(again.component(id)), utf8("wasm"));
    strictEqual(await run(again.component(`01${"00".repeat(32)}`)), undefined);
    for (const name of ["../x", "", id.toUpperCase(), `${id}/..`]) {
      const refused = await run(Effect.flip(store.save(name, utf8("x"))));
      match(refused.message, /not an identity/);
    }
  }));

Deno.test("a whole file is new or replaced, and bounded when read", () =>
  inFolder(async (folder) => {
    const path = `${folder}/file`;
    const mode = 0o600;
    strictEqual(
      await run(writeWhole(path, utf8("a"), { mode, when: "new" })),
      true,
    );
    strictEqual(
      await run(writeWhole(path, utf8("b"), { mode, when: "new" })),
      false,
    );
    deepStrictEqual(await run(readWhole(path, 10)), utf8("a"));
    await run(writeWhole(path, utf8("longer"), { mode, when: "replace" }));
    const refused = await run(Effect.flip(readWhole(path, 3)));
    match(refused.message, /6 octets/);
    deepStrictEqual(await run(filesIn(folder, "")), ["file"]);
    const failed = await run(
      Effect.flip(
        writeWhole(`${folder}/none/x`, utf8("a"), { mode, when: "new" }),
      ),
    );
    strictEqual(failed._tag, "StorageFailed");
  }));
