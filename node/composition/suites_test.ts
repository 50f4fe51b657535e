/** `conform` over the real drivers and suites; each suite has its own tests. */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { Refusal } from "../api.ts";
import { attestationsOf } from "./attestations.ts";
import { keyCommands } from "./keys.ts";
import type { ConformRequest } from "../cli/composition.ts";
import { conformanceOf } from "./suites.ts";

const root = decodeURIComponent(new URL("../..", import.meta.url).pathname)
  .replace(/\/$/, "");
const conformance = conformanceOf(root);

const request = (more: Partial<ConformRequest>): ConformRequest => ({
  contract: undefined,
  driver: "memory/block",
  seed: 1,
  only: "zeros",
  expectations: undefined,
  profile: false,
  onResult: () => {},
  ...more,
});

Deno.test("conformance: a driver is named, or is a folder or a module", async () => {
  const folder = `${root}/drivers/memory/block`;
  for (
    const driver of [
      "memory/block",
      folder,
      `${folder}/testing/fixture.ts`,
      "deno/block_file",
    ]
  ) {
    const { report } = await conformance.run(request({ driver }));
    strictEqual(report?.contract, "block");
    ok(report.results.length >= 2);
    ok(report.results.every(({ verdict }) => verdict === "passed"));
    ok((report.promises.get("block.read")?.line ?? 0) > 0);
  }
});

Deno.test("conformance: what is no driver is refused, and says what to do", async () => {
  const wrong: ReadonlyArray<readonly [Partial<ConformRequest>, RegExp]> = [
    [{ driver: "nothing" }, /there is no driver nothing/],
    [{ driver: `${root}/drivers` }, /there is no driver/],
    [{ driver: `${root}/hal/deadline.ts` }, /exports no subject/],
    [
      { driver: `${root}/scripts/suite_browser/page/view.js` },
      /cannot be loaded|exports no/,
    ],
    [{ contract: "timers" }, /is a driver of block/],
  ];
  for (const [more, why] of wrong) {
    await rejects(
      conformance.run(request(more)),
      (error) =>
        error instanceof Refusal && why.test(error.message) &&
        error.fix !== undefined,
    );
  }
});

Deno.test("conformance: expectations of a driver and a platform are found", async () => {
  const other = Deno.makeTempDirSync({ prefix: "karyon-conform-" });
  const put = (path: string, text: string) => {
    const whole = `${other}/${path}`;
    Deno.mkdirSync(whole.slice(0, whole.lastIndexOf("/")), { recursive: true });
    Deno.writeTextFileSync(whole, text);
  };
  const wit = "wit/hal/block/block.wit";
  put(wit, Deno.readTextFileSync(`${root}/${wit}`));
  const entry = { contract: "block", about: "", subject: "fixture.ts" };
  put("drivers/a/b_c/driver.json", JSON.stringify(entry));
  const fixture = `file://${root}/drivers/memory/block/testing/fixture.ts`;
  put("drivers/a/b_c/fixture.ts", `export { subject } from "${fixture}";`);
  const id = "behaviour/blocks-never-written-read-as-zeros";
  put(
    `conformance/expectations/a/b_c/${Deno.build.os}.json`,
    JSON.stringify({ [id]: { expect: "fail", reason: "once it did" } }),
  );
  const { report } = await conformanceOf(other).run(
    request({ driver: "a/b-c", only: id }),
  );
  const verdicts = report?.results.map(({ verdict }) => verdict);
  deepStrictEqual(verdicts, ["unexpected-pass"]);
  Deno.removeSync(other, { recursive: true });
});

Deno.test("conformance: the table in the docs has every driver", () => {
  const table = Deno.readTextFileSync(`${root}/docs/conformance.md`);
  for (const { name, contract } of conformance.drivers()) {
    const row = table.split("\n").find((line) => line.includes(`\`${name}\``));
    ok(
      row?.includes(`| ${contract} `),
      `${name}: run conform --matrix --out docs/conformance.md`,
    );
  }
});

Deno.test("conformance: a signed report is about the driver that is here", async () => {
  const other = Deno.makeTempDirSync({ prefix: "karyon-attest-" });
  const data = `${other}/data`;
  const attestations = attestationsOf(root);
  const run = <A>(work: Effect.Effect<A, Refusal>) => Effect.runPromise(work);
  try {
    await run(keyCommands.create(data, "tester"));
    const { report } = await conformance.run(request({ only: undefined }));
    ok(report !== undefined);
    const text = await run(attestations.attest(data, "tester", report));
    const checked = await run(attestations.check(data, text));
    deepStrictEqual(
      [checked.result, checked.driver_here, checked.suite_here],
      ["PASSED", "same", "same"],
    );
    deepStrictEqual(checked.signers.map(({ name }) => name), ["tester"]);
    ok(checked.left_out > 0);
    const elsewhere = { ...report, driver: "memory/nothing" };
    await rejects(run(attestations.attest(data, "tester", elsewhere)));
    const changed = text.replace(/"payload": "../, '"payload": "xx');
    await rejects(run(attestations.check(data, changed)), /says nothing/);
  } finally {
    Deno.removeSync(other, { recursive: true });
  }
});
