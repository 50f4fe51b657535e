/**
 * `conform`: puts a driver to the suite of its contract.
 *
 * TAP on standard output, case by case; JUnit and a page on request. Exit code 1
 * if a promise is broken, or nothing could be shown; 2 if the question is wrong.
 */
import {
  BadExpectations,
} from "../../../conformance/hal/suite/expectations.ts";
import { html } from "../../../conformance/hal/suite/html.ts";
import { junit } from "../../../conformance/hal/suite/junit.ts";
import {
  evidenceOf,
  type Report,
  totalsLine,
  totalsOf,
} from "../../../conformance/hal/suite/report.ts";
import { isRed } from "../../../conformance/hal/suite/run.ts";
import {
  tapCase,
  tapHead,
  tapTail,
} from "../../../conformance/hal/suite/tap.ts";
import { type Command, type Context, EXIT, UsageError } from "../command.ts";
import { LiveLine } from "../live_line.ts";
import { suggest } from "../suggest.ts";
import { attest, check, checkAttest } from "./conform_attest.ts";
import { matrix } from "./conform_matrix.ts";

const SEED_DEFAULT = 1;
const SEED_MAX = 2 ** 32 - 1;
const ALLOWED = /^(read|write|net|run|env|sys|ffi)(=.+)?$/;

export const conform: Command = {
  name: "conform",
  about: "put a driver to a contract's suite; alone: list them",
  usage: "[--driver NAME|PATH] [--contract NAME] [options]",
  details: [
    "A driver is known by name, or is given as the path of a module, or of a",
    "folder with a driver.json. A module exports",
    '  export const subject = { contract: "block", make() { … } };',
    "Drivers of this program get the permissions that their driver.json lists;",
    "any other gets /tmp and what --allow names.",
    "Expectations are known failures with their reasons, from --expectations FILE",
    "or conformance/expectations/PLATFORM/DEVICE/OS.json. A case that passes",
    "although it is expected to fail is red.",
    "A signed report is an in-toto statement in a DSSE envelope. --check reads one",
    "and says who signed it, and whether the driver here is the one it is about.",
  ].join("\n"),
  options: {
    driver: { type: "string", value: "NAME", about: "such as memory/block" },
    contract: { type: "string", value: "NAME", about: "such as block" },
    case: {
      type: "string",
      value: "TEXT",
      about: "only cases with this in their name",
    },
    seed: { type: "string", value: "N", about: "of all chance (default 1)" },
    junit: { type: "string", value: "FILE", about: "write JUnit's XML there" },
    html: {
      type: "string",
      value: "FILE",
      about: "write a page for people there",
    },
    attest: { type: "string", value: "FILE", about: "write a signed report" },
    key: {
      type: "string",
      value: "NAME",
      about: "which key signs (default identity)",
    },
    check: { type: "string", value: "FILE", about: "check a signed report" },
    by: {
      type: "string",
      value: "NAME",
      about: "with --check: whose signature it must have",
    },
    expectations: {
      type: "string",
      value: "FILE",
      about: "known failures, as JSON",
    },
    profile: {
      type: "boolean",
      about: "measure, too; --html does so anyway",
    },
    allow: {
      type: "string",
      value: "KIND=WHAT",
      multiple: true,
      about: "a Deno permission for a driver given by path",
    },
    matrix: {
      type: "boolean",
      about: "every driver here, as a Markdown table",
    },
    out: { type: "string", value: "FILE", about: "write the table there" },
  },
  takes: [0, 0],
  async run(context) {
    checkAllow(context);
    checkContract(context);
    checkAttest(context);
    const signed = context.text("check");
    if (signed !== undefined) return await check(context, signed);
    if (context.flag("matrix")) return await matrix(context);
    const driver = context.text("driver");
    if (driver !== undefined) return await judge(context, driver);
    if (context.text("contract") === undefined) return list(context);
    throw new UsageError(
      "--driver is missing",
      `one of ${names(context).join(", ")}, or a path`,
    );
  },
};

function names(context: Context): ReadonlyArray<string> {
  return context.composition.conformance.drivers().map(({ name }) => name);
}

function list(context: Context): number {
  const { conformance } = context.composition;
  const suites = conformance.suites.map((suite) => ({
    ...suite,
    drivers: conformance.drivers().filter(({ contract }) =>
      contract === suite.contract
    ).map(({ name, about }) => ({ name, about })),
  }));
  context.print(suites, () => {
    const columns = [
      {
        title: "contract",
        value: (one: typeof suites[number]) => one.contract,
      },
      {
        title: "cases",
        right: true,
        value: (one: typeof suites[number]) => String(one.cases.length),
      },
      {
        title: "drivers",
        flex: 20,
        value: (one: typeof suites[number]) =>
          one.drivers.map(({ name }) => name).join(", "),
      },
    ];
    for (const line of context.table(columns, suites)) context.line(line);
  });
  return EXIT.ok;
}

async function judge(context: Context, driver: string): Promise<number> {
  const { conformance } = context.composition;
  const only = context.text("case");
  const file = context.text("expectations");
  const seed = context.integer("seed", {
    minimum: 0,
    maximum: SEED_MAX,
    otherwise: SEED_DEFAULT,
  });
  const progress = new LiveLine(context.host, !context.json);
  const { absent, report } = await conformance.run({
    contract: context.text("contract"),
    driver,
    seed,
    only,
    expectations: file === undefined ? undefined : await text(context, file),
    profile: context.flag("profile") || context.text("html") !== undefined,
    onResult(head, result, index, total) {
      progress.show(`${index + 1}/${total} ${result.id}`);
      if (context.json) return;
      const lines = tapCase(head, result, index);
      const first = index === 0 ? tapHead(total) : [];
      for (const line of [...first, ...lines]) context.line(line);
    },
  }).catch((error: unknown) => {
    if (!(error instanceof BadExpectations)) throw error;
    throw new UsageError(`${file ?? "the expectations"}: ${error.message}`);
  }).finally(() => progress.end());
  if (report === undefined) return leftOut(context, driver, absent);
  if (report.results.length === 0) {
    throw new UsageError(
      `no case has ${JSON.stringify(only)} in its name`,
      "see them all: conform --json",
    );
  }
  await files(context, report);
  await attest(context, report);
  return finish(context, report);
}

/** The driver cannot run here; that is no proof of anything. */
function leftOut(context: Context, driver: string, absent: string): number {
  context.print({ driver, absent }, () => {
    context.line(`1..0 # SKIP ${absent}`);
    context.note(`${driver} cannot run here: ${absent}`);
  });
  return EXIT.refused;
}

function finish(context: Context, report: Report): number {
  const totals = totalsOf(report.results);
  const { promises: _, ...shown } = report;
  context.print({ ...shown, totals }, () => {
    for (const { what, p50_us, p99_us } of report.profile) {
      context.line(
        `# ${what}: p50 ${p50_us.toFixed(1)} us, p99 ${p99_us.toFixed(1)} us`,
      );
    }
    context.line(tapTail(report.results));
    context.note(totalsLine(totals));
    for (const hint of hints(report)) context.note(`  ${hint}`);
  });
  return totals.failed === 0 ? EXIT.ok : EXIT.refused;
}

/** What a driver lacked, in the words of this command line. */
function hints(report: Report): ReadonlySet<string> {
  const kinds = report.results.filter(({ verdict }) => isRed(verdict)).map(
    (result) => /Requires (\w+) access to (.+?), run/.exec(evidenceOf(result)),
  );
  return new Set(
    kinds.flatMap((found) =>
      found === null
        ? []
        : [`the driver wants ${found[1]} access: --allow ${found[1]}=…`]
    ),
  );
}

async function files(context: Context, report: Report): Promise<void> {
  const utf8 = new TextEncoder();
  for (
    const [option, form] of [["junit", junit], ["html", html]] as const
  ) {
    const path = context.text(option);
    if (path === undefined) continue;
    await context.host.writeFile(path, utf8.encode(form(report)));
    context.note(`${option}: ${path}`);
  }
}

async function text(context: Context, path: string): Promise<string> {
  return new TextDecoder().decode(await context.host.readFile(path));
}

function checkAllow(context: Context): void {
  const wrong = context.texts("allow").find((one) => !ALLOWED.test(one));
  if (wrong === undefined) return;
  throw new UsageError(
    `--allow ${wrong} is no permission`,
    "such as --allow net=127.0.0.1:10809 or --allow run=nbdkit",
  );
}

function checkContract(context: Context): void {
  const wanted = context.text("contract");
  const all = context.composition.conformance.suites.map((one) => one.contract);
  if (wanted === undefined || all.includes(wanted)) return;
  const meant = suggest(wanted, all);
  throw new UsageError(
    `there is no contract ${wanted}`,
    meant === undefined
      ? `there is ${all.join(", ")}`
      : `did you mean ${meant}?`,
  );
}
