/**
 * The engine's and the drivers' suites in a browser: the same cases, from a page.
 *
 *   deno task suite:browser [--browser chromium|firefox|PATH] [--gpu] [--suite NAME]
 *       [--json|--table]
 *
 * Bundles the engine, its threads and the suites, serves them on the loopback
 * address with the headers of cross-origin isolation, and runs them in a browser
 * without a window and with a new profile. Golden runs are compared with those
 * of V8 in this process. Prints a line per case (Test Anything Protocol) and a
 * summary, or one JSON object.
 *
 * Ends with 0 if every case passed, 1 if one did not, 2 if the command line is
 * wrong, 3 if the browser is missing or the suite did not come to its end.
 */
import { parseArgs } from "node:util";
import { browserOf } from "./suite_browser/browsers.ts";
import {
  type Report,
  tableOf,
  Tally,
  tapLine,
  Unfinished,
} from "./suite_browser/report.ts";
import { runSuite } from "./suite_browser/run.ts";

const MANUAL = `deno task suite:browser [OPTIONS]

Runs the conformance suites of the engine and of the drivers for pages in a
browser without a window.

  --browser WHICH  chromium (unless said otherwise), firefox, or a path
  --gpu            the GPU's suite as well, in Chromium on SwiftShader: minutes
  --suite NAME     this one only, such as web/npu; web/block-opfs alone tries
                   every state that a power cut may leave
  --json           one JSON object instead of lines
  --table          a Markdown table instead of lines
  --help           this

Debian's packages are chromium and firefox-esr.`;

interface Options {
  readonly browser: string;
  readonly gpu: boolean;
  readonly suite?: string | undefined;
  readonly json: boolean;
  readonly table: boolean;
}

function optionsOf(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        browser: { type: "string", default: "chromium" },
        suite: { type: "string" },
        gpu: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        table: { type: "boolean", default: false },
        help: { type: "boolean", default: false },
      },
    });
    return values.help ? MANUAL : values;
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    console.error(MANUAL);
    Deno.exit(2);
  }
}

/** The same command with the right to start the program that it names. */
async function again(program: string, args: readonly string[]) {
  const { code } = await new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--allow-read",
      "--allow-write=/tmp",
      "--allow-net=127.0.0.1",
      `--allow-run=deno,${program}`,
      "--allow-sys=uid",
      "--ignore-env",
      new URL(import.meta.url).pathname,
      ...args,
    ],
  }).spawn().status;
  return code;
}

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (typeof options === "string") {
    console.log(options);
    return 0;
  }
  const browser = browserOf(options.browser);
  if (browser === undefined) {
    console.error(`"${options.browser}" is not chromium, firefox or a path`);
    return 2;
  }
  const right = { name: "run", command: browser.program } as const;
  if (Deno.permissions.querySync(right).state !== "granted") {
    return await again(browser.program, args);
  }
  const tally = new Tally();
  const lines = !options.json && !options.table;
  if (lines) console.log("TAP version 14");
  try {
    await runSuite(browser, options, (report) => tell(report, tally, lines));
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    console.error(`suite:browser: ${error.message}`);
    const [next] = tally.summary.missing;
    if (next !== undefined) console.error(`it stood at: ${next}`);
    return 3;
  }
  return conclude(tally, options);
}

function tell(report: Report, tally: Tally, lines: boolean): void {
  if (report.kind === "plan") tally.plan(report.agent, report.names);
  if (report.kind !== "case") return;
  const number = tally.add(report);
  if (lines) console.log(tapLine(number, report));
}

function conclude(tally: Tally, { json, table }: Options): number {
  const { cases, summary } = tally;
  const { agent, passed, failed, skipped, missing } = summary;
  if (json) console.log(JSON.stringify({ ...summary, cases }));
  else if (table) console.log(tableOf(agent, cases));
  else {
    console.log(`1..${cases.length + missing.length}`);
    for (const name of missing) console.log(`# never ran: ${name}`);
    console.log(`# ${agent}`);
    console.log(
      `# ${passed} passed, ${
        failed + missing.length
      } failed, ${skipped} left out`,
    );
  }
  return failed + missing.length === 0 && passed > 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
