/**
 * The gate: everything that CI runs.
 *
 *   deno task ok               build, format, lint, types, imports, tidy, docs, tests
 *   deno task ok --fast        the same without the tests
 *   deno task ok --json        one JSON object instead of lines
 *
 * Each step says how long it took; a step that fails shows its output, and the
 * rest still runs. Tests run in two processes side by side, those of `node/` and
 * all others; the second one's output comes when it is through. The last line is `N passed, N failed`: tests, where each
 * failed step counts as one failure. Ends with 0 exactly if nothing failed.
 * Steps run as processes of the same Deno; needs `--allow-run` for it and
 * `--allow-read` for its path.
 */
import { type Counts, testCounts } from "./ok_summary.ts";

const ROOT = new URL("../", import.meta.url);

interface Step {
  readonly name: string;
  /** Processes that run side by side; most steps are one. */
  readonly runs: ReadonlyArray<readonly string[]>;
  /** The first one's output is shown as it comes; all have test counts. */
  readonly tests?: boolean;
  /** Installs what tests need and the program does not. */
  readonly onlyForTests?: boolean;
}

/** Whole nodes take as long to test as everything else. */
const NODES = "node";
const NO_TESTS = new Set([NODES, "node_modules", "build", "docs"]);

const STEPS: readonly Step[] = [
  { name: "build", runs: [["task", "build", "--quiet"]] },
  { name: "format", runs: [["fmt", "--check"]] },
  { name: "lint", runs: [["lint"]] },
  { name: "types", runs: [["check", "."]] },
  { name: "imports", runs: [script("check_imports.ts")] },
  { name: "tidy", runs: [script("tidy.ts")] },
  { name: "docs", runs: [script("check_docs.ts")] },
  {
    name: "libraries",
    runs: [["task", "install:onnxruntime"]],
    onlyForTests: true,
  },
  {
    name: "tests",
    runs: [NODES, otherFolders()].map((
      folders,
    ) => ["task", "test:only", ...[folders].flat()]),
    tests: true,
  },
];

/** Every folder of the project but that of nodes, so that no test is forgotten. */
function otherFolders(): string[] {
  return [...Deno.readDirSync(ROOT)]
    .filter(({ name, isDirectory }) =>
      isDirectory && !name.startsWith(".") && !NO_TESTS.has(name)
    )
    .map(({ name }) => name).sort();
}

interface Outcome {
  readonly step: string;
  readonly ok: boolean;
  readonly seconds: number;
  readonly tests: Counts | undefined;
}

async function main(args: readonly string[]): Promise<number> {
  const unknown = args.find((arg) => arg !== "--fast" && arg !== "--json");
  if (unknown !== undefined) {
    console.error(`unknown option ${unknown}; there are --fast and --json`);
    return 2;
  }
  const json = args.includes("--json");
  const steps = STEPS.filter(({ tests, onlyForTests }) =>
    !((tests || onlyForTests) && args.includes("--fast"))
  );
  const outcomes: Outcome[] = [];
  for (const step of steps) {
    const outcome = await run(step, json);
    outcomes.push(outcome);
    if (!json) {
      const mark = outcome.ok ? "ok    " : "FAILED";
      console.log(`${mark} ${step.name} ${outcome.seconds.toFixed(1)} s`);
    }
  }
  const { passed, failed } = sum(outcomes);
  if (json) console.log(JSON.stringify({ passed, failed, steps: outcomes }));
  else console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

/** Tests that passed; tests and steps that failed. */
export function sum(outcomes: readonly Outcome[]): Counts {
  const counted = outcomes.map(({ ok, tests }): Counts => ({
    passed: tests?.passed ?? 0,
    // A test run that failed without a failed test broke in some other way.
    failed: ok ? 0 : Math.max(1, tests?.failed ?? 0),
  }));
  return {
    passed: counted.reduce((total, { passed }) => total + passed, 0),
    failed: counted.reduce((total, { failed }) => total + failed, 0),
  };
}

async function run(step: Step, quiet: boolean): Promise<Outcome> {
  const start = performance.now();
  const live = step.tests === true && !quiet;
  const ended = await Promise.all(
    step.runs.map((args, index) => runOne(args, live && index === 0)),
  );
  const out = ended.map(({ out }) => out).join("");
  const counts = ended.map(({ out }) => testCounts(out));
  // No summary means that the tests did not run.
  const ok = ended.every(({ success }) => success) &&
    (!step.tests || counts.every((one) => one !== undefined));
  const unseen = live ? ended.slice(1) : ok ? [] : ended;
  for (const { out, err } of unseen) {
    (live ? console.log : console.error)(out + err);
  }
  const seconds = (performance.now() - start) / 1000;
  const tests = step.tests ? testCounts(out) : undefined;
  return { step: step.name, ok, seconds, tests };
}

interface Ended {
  readonly success: boolean;
  readonly out: string;
  readonly err: string;
}

async function runOne(args: readonly string[], live: boolean): Promise<Ended> {
  const child = new Deno.Command("deno", {
    args: [...args],
    cwd: ROOT,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).spawn();
  const [out, err, { success }] = await Promise.all([
    collect(child.stdout, live),
    collect(child.stderr, live),
    child.status,
  ]);
  return { success, out, err };
}

async function collect(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  live: boolean,
): Promise<string> {
  let all = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    all += text;
    if (live) await Deno.stdout.write(new TextEncoder().encode(text));
  }
  return all;
}

function script(name: string): string[] {
  return ["run", "--allow-read=.", `scripts/${name}`];
}

if (import.meta.main) Deno.exit(await main(Deno.args));
