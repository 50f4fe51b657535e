/**
 * How suites are run, over a scripted driver.
 *
 * Plan: verdicts (passed, failed, left out, known, unexpectedly passed); every
 * fixture is given back; expectations refuse what they do not know; promises are
 * found where they stand; reports keep what was said from becoming markup.
 */
import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import { type Case, type Fixture, LeftOut, type Suite } from "./case.ts";
import { BadExpectations, readExpectations } from "./expectations.ts";
import { html } from "./html.ts";
import { junit } from "./junit.ts";
import { promisesOf } from "./promise.ts";
import { commandOf, type Report } from "./report.ts";
import { runSuite } from "./run.ts";
import { tapCase } from "./tap.ts";

const HOSTILE = `]]></failure><script>alert(1)</script>\u0000 "'&`;

const one = (claim: string, run: Case<Fixture>["run"]): Case<Fixture> => ({
  group: "behaviour",
  claim,
  promise: "thing.act",
  run,
});

const SUITE: Suite<Fixture> = {
  contract: "thing",
  wit: "thing.wit",
  about: "",
  cases: [
    one("keeps it", () => {}),
    one("breaks it", () => {
      throw new Error(HOSTILE);
    }),
    one("breaks it later", () => Promise.reject(new Error("later"))),
    one("cannot show it", () => {
      throw new LeftOut("no such medium");
    }),
  ],
};

async function run(expectations = new Map()) {
  let made = 0;
  let disposed = 0;
  const subject = {
    contract: "thing",
    make: () => {
      made += 1;
      return { dispose: () => void (disposed += 1) };
    },
  };
  const { results } = await runSuite(SUITE, subject, {
    seed: 5,
    nowMs: () => 0,
    expectations,
  });
  strictEqual(made, disposed);
  return results;
}

Deno.test("suites: each case has a verdict, each fixture is given back", async () => {
  const results = await run();
  deepStrictEqual(results.map(({ verdict }) => verdict), [
    "passed",
    "failed",
    "failed",
    "left-out",
  ]);
  strictEqual(results[2]?.evidence, "later");
  strictEqual(results[3]?.reason, "no such medium");
});

Deno.test("suites: known failures are not red, unexpected passes are", async () => {
  const known = new Set(
    SUITE.cases.map(({ claim }) => `behaviour/${claim.replaceAll(" ", "-")}`),
  );
  const expectations = readExpectations(
    JSON.stringify({
      "behaviour/keeps-it": { expect: "fail", reason: "was broken" },
      "behaviour/breaks-it": {
        expect: "fail",
        reason: "is broken",
        link: "https://example.org/1",
      },
      "behaviour/breaks-it-later": { expect: "skip", reason: "burns" },
    }),
    known,
  );
  const results = await run(new Map(expectations));
  deepStrictEqual(results.map(({ verdict }) => verdict), [
    "unexpected-pass",
    "known-failure",
    "left-out",
    "left-out",
  ]);
  strictEqual(results[1]?.link, "https://example.org/1");
  const wrong: ReadonlyArray<readonly [unknown, RegExp]> = [
    [[], /not a JSON object/],
    [{ "behaviour/nothing": { expect: "fail", reason: "x" } }, /no such case/],
    [{ "behaviour/keeps-it": { expect: "pass", reason: "x" } }, /"skip"/],
    [{ "behaviour/keeps-it": { expect: "fail", reason: " " } }, /a reason/],
    [{ "behaviour/keeps-it": { expect: "fail", reason: "x", y: 1 } }, /no y/],
    [
      { "behaviour/keeps-it": { expect: "fail", reason: "x", link: "file:" } },
      /web address/,
    ],
  ];
  for (const [value, why] of wrong) {
    throws(
      () => readExpectations(JSON.stringify(value), known),
      (error) => error instanceof BadExpectations && why.test(error.message),
    );
  }
  throws(() => readExpectations("{", known), BadExpectations);
});

Deno.test("suites: a promise is found in the contract's words", () => {
  const promises = promisesOf(
    [
      "package a:b;",
      "/// A thing.",
      "interface thing {",
      "    /// Why not.",
      "    variant refusal {",
      "        /// No",
      "        /// room.",
      "        full,",
      "        odd(string),",
      "    }",
      "    /// Acts.",
      "    act: func(a: u8) -> result<u8, refusal>;",
      "}",
    ].join("\n"),
  );
  deepStrictEqual(
    [...promises].map(([item, { text, line }]) => [item, text, line]),
    [
      ["thing", "A thing.", 3],
      ["refusal", "Why not.", 5],
      ["refusal.full", "No\nroom.", 8],
      ["thing.act", "Acts.", 12],
    ],
  );
});

Deno.test("suites: what a driver says stays text in every report", async () => {
  const results = await run();
  const report: Report = {
    contract: "thing",
    wit: "thing.wit",
    driver: "/a b/'x",
    platform: HOSTILE,
    seed: 5,
    results,
    profile: [],
    promises: new Map([["thing.act", { item: "", text: HOSTILE, line: 3 }]]),
  };
  for (const text of [html(report), junit(report)]) {
    ok(!text.includes("<script>"), text);
    ok(!text.includes("\u0000"));
    match(text, /&lt;script&gt;/);
  }
  strictEqual(
    commandOf(report, { id: "behaviour/breaks-it" }),
    `deno run kernel conform --contract thing --driver '/a b/'\\''x' --seed 5 --case behaviour/breaks-it`,
  );
  const failed = results[1];
  ok(failed !== undefined);
  const lines = tapCase(report, failed, 1);
  ok(lines.every((line) => !line.includes("\n")));
  match(lines.join("\n"), /promise: "thing\.wit:3, thing\.act"/);
});
