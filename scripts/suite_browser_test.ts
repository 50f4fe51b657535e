/**
 * The suite in Debian's Chromium, where it is; and the parts of the task that
 * need no browser.
 */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { reportOf, Tally, tapLine } from "./suite_browser/report.ts";
import { serve } from "./suite_browser/server.ts";

const CHROMIUM = "/usr/bin/chromium";

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}

async function task(...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command("deno", {
    args: ["task", "--quiet", "suite:browser", ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const [out, err] = [stdout, stderr].map((octets) =>
    new TextDecoder().decode(octets)
  );
  return { code, out: out ?? "", err: err ?? "" };
}

const hasChromium = isThere(CHROMIUM);
const missing = ` (left out: no ${CHROMIUM}; apt-get install chromium)`;

Deno.test({
  name: `suite:browser: Chromium passes the engine's suite${
    hasChromium ? "" : missing
  }`,
  ignore: !hasChromium,
  fn: async () => {
    const { code, out, err } = await task("--json");
    strictEqual(code, 0, `${err}\n${out}`);
    const { agent, passed, failed, skipped, cases } = JSON.parse(out);
    match(agent, /Chrome/);
    deepStrictEqual([failed, passed + skipped], [0, cases.length]);
    const suites = [
      "engine",
      "engine with fuel",
      "golden",
      "web/block-opfs",
      "web/entropy",
      "web/npu",
      "web/npu on onnx's cases",
      "web/timer",
    ];
    for (const suite of suites) {
      const some = cases.some(({ name }: { name: string }) =>
        name.startsWith(`${suite}: `)
      );
      strictEqual(some, true, suite);
    }
  },
});

Deno.test("suite:browser: a wrong command line is not a failure of the suite", async () => {
  strictEqual((await task("--help")).code, 0);
  strictEqual((await task("--browser", "lynx")).code, 2);
  strictEqual((await task("--nothing")).code, 2);
});

Deno.test("suite:browser: a missing browser is named with its package", async () => {
  const { code, err } = await task("--browser", "/nowhere/firefox");
  strictEqual(code, 3);
  match(err, /no \/nowhere\/firefox here.*apt-get install firefox-esr/);
});

Deno.test("suite:browser: what is not a report is no report", () => {
  const wrong = ["", "{", "[]", '{"kind":"case"}', '{"kind":"other"}'];
  for (const text of wrong) strictEqual(reportOf(text), undefined, text);
  const done = { kind: "done" } as const;
  deepStrictEqual(reportOf(JSON.stringify(done)), done);
});

Deno.test("suite:browser: a case that never ran is missed", () => {
  const tally = new Tally();
  tally.plan("x", ["a", "b", "c"]);
  tally.plan("x", ["d"]);
  tally.add({ name: "a", ms: 1 });
  tally.add({ name: "b", ms: 1, error: "it was\nnot so" });
  tally.add({ name: "d", ms: 1, skipped: "no way" });
  const { passed, failed, skipped, missing } = tally.summary;
  deepStrictEqual([passed, failed, skipped, missing], [1, 1, 1, ["c"]]);
  const [a, b, d] = tally.cases;
  strictEqual(d && tapLine(3, d), "ok 3 - d # SKIP no way");
  strictEqual(a && tapLine(1, a), "ok 1 - a # 1 ms");
  strictEqual(
    b && tapLine(2, b),
    "not ok 2 - b # 1 ms\n  # it was\n  # not so",
  );
});

Deno.test("suite:browser: only the page without isolation lacks the headers", async () => {
  const page = new URL("suite_browser/page/index.html", import.meta.url);
  const files = new Map([["index.html", page]]);
  const reports: unknown[] = [];
  const server = serve(files, "{}", (report) => reports.push(report));
  try {
    const headers = async (name: string) => {
      const answer = await fetch(`${server.url}/${name}`);
      await answer.body?.cancel();
      return ["opener", "embedder"].map((of) =>
        answer.headers.get(`cross-origin-${of}-policy`)
      );
    };
    deepStrictEqual(await headers("suite"), ["same-origin", "require-corp"]);
    deepStrictEqual(await headers("golden.json"), await headers("suite"));
    deepStrictEqual(await headers("bare"), [null, null]);
    const post = async (body: string) =>
      (await fetch(`${server.url}/report`, { method: "POST", body })).status;
    strictEqual(await post("nothing"), 400);
    strictEqual(await post('{"kind":"done"}'), 204);
    deepStrictEqual(reports, [{ kind: "done" }]);
  } finally {
    await server.close();
  }
});
