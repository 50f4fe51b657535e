/**
 * Fuzz of every decoder: what it is given, it takes or refuses.
 *
 *   deno task fuzz:decoders [--minutes N] [--only NAME]... [--seed S]
 *                           [--case N] [--json] [--list]
 *
 * Changed golden vectors, changed octets of the encoders, and pure chance go to
 * each decoder in turn. An exception, a trap, a run without end, memory without
 * bound and a broken promise (what is taken encodes to the same octets, a
 * refusal changes nothing, …) are findings.
 *
 *   --minutes N    for each decoder; 1 if not given
 *   --only NAME    this decoder; may be given again
 *   --seed S       a whole number; the same seed, the same cases. Chance if not given
 *   --case N       one case of the seed, with --only: how a finding is repeated
 *   --list         the decoders, and nothing is run
 *   --json         one object at the end on standard output
 *
 * Progress is on standard error. A finding names its decoder, seed and case, the
 * command that repeats it, and the fewest octets that were found to show it; its
 * octets are kept in build/fuzz. Ends with 0 if nothing was found, 1 if something
 * was, 2 on a wrong command line.
 */
import type { Finding, Tally } from "./fuzz_decoders/campaign.ts";
import { runLane } from "./fuzz_decoders/lane.ts";
import {
  asJson,
  describe,
  type Ended,
  fileOf,
  lineOf,
} from "./fuzz_decoders/report.ts";
import type { Target } from "./fuzz_decoders/target.ts";
import { ROOT } from "./house_files.ts";

const SEED_END = 2 ** 31;

interface Options {
  minutes: number;
  only: string[];
  seed: number;
  case: number | undefined;
  list: boolean;
  json: boolean;
}

class WrongUse extends Error {}

/** What the command stands on; a test brings its own. */
export interface Setting {
  /** A module that exports `TARGETS`. */
  readonly registry: URL;
  /** Where octets of findings are kept. */
  readonly folder: string;
  readonly say: (line: string) => void;
  readonly progress: (line: string) => void;
  readonly silentMs?: number;
}

function optionsOf(
  args: readonly string[],
  targets: readonly Target[],
): Options {
  const options: Options = {
    minutes: 1,
    only: [],
    seed: Math.floor(Math.random() * SEED_END),
    case: undefined,
    list: false,
    json: false,
  };
  const rest = args.flatMap((arg) =>
    /^--[\w-]+=/.test(arg) ? arg.split(/=(.*)/s, 2) : [arg]
  );
  const number = (name: string, isWhole: boolean): number => {
    const text = rest.shift() ?? "";
    const value = Number(text);
    const isGood = text !== "" && Number.isFinite(value) && value >= 0 &&
      (!isWhole || (Number.isInteger(value) && value < SEED_END));
    if (isGood) return value;
    const what = isWhole ? "a whole number from 0" : "a number";
    throw new WrongUse(`${name} takes ${what}, e.g. ${name} 3`);
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--minutes") options.minutes = number(arg, false);
    else if (arg === "--seed") options.seed = number(arg, true);
    else if (arg === "--case") options.case = number(arg, true);
    else if (arg === "--only") options.only.push(rest.shift() ?? "");
    else if (arg === "--list") options.list = true;
    else if (arg === "--json") options.json = true;
    else throw new WrongUse(`unknown ${arg}; --help lists what there is`);
  }
  const names = targets.map(({ name }) => name);
  const wrong = options.only.find((name) => !names.includes(name));
  if (wrong !== undefined) {
    throw new WrongUse(
      `no decoder "${wrong}"; there is ${names.join(", ")}`,
    );
  }
  if (options.case !== undefined && options.only.length !== 1) {
    throw new WrongUse("--case takes one decoder: add --only NAME");
  }
  return options;
}

function manual(): string {
  const text = Deno.readTextFileSync(new URL(import.meta.url));
  return text.slice(4, text.indexOf(" */")).replace(/^ \* ?/gm, "");
}

function keep(finding: Finding, seed: number, folder: string): void {
  Deno.mkdirSync(folder, { recursive: true });
  const path = `${folder}/${fileOf(finding, seed)}`;
  Deno.writeFileSync(path, finding.octets);
  if (finding.small !== undefined) {
    Deno.writeFileSync(`${path}.small`, finding.small);
  }
}

async function runOne(
  target: Target,
  options: Options,
  { registry, progress, silentMs }: Setting,
): Promise<Ended> {
  const from = performance.now();
  const seconds = () => (performance.now() - from) / 1000;
  const { seed, minutes } = options;
  const { tally, findings } = await runLane(
    target,
    {
      registry: registry.href,
      target: target.name,
      seed,
      from: options.case ?? 0,
      ms: options.case === undefined ? minutes * 60_000 : "one",
    },
    ({ cases }: Tally) =>
      progress(`\r${target.name}: ${cases} cases, ${Math.round(seconds())} s `),
    silentMs,
  );
  return { target: target.name, seed, seconds: seconds(), tally, findings };
}

async function run(
  args: readonly string[],
  setting: Setting,
): Promise<number> {
  const { say, progress, folder } = setting;
  const { TARGETS }: { TARGETS: readonly Target[] } = await import(
    setting.registry.href
  );
  const options = optionsOf(args, TARGETS);
  const chosen = TARGETS.filter(({ name }) =>
    options.only.length === 0 || options.only.includes(name)
  );
  if (options.list) {
    for (const { name, about } of chosen) say(`${name.padEnd(18)}  ${about}`);
    return 0;
  }
  const tell = options.json ? (line: string) => progress(`${line}\n`) : say;
  tell(`seed ${options.seed}`);
  const all: Ended[] = [];
  for (const target of chosen) {
    const ended = await runOne(target, options, setting);
    all.push(ended);
    progress("\r");
    tell(lineOf(ended));
    for (const finding of ended.findings) {
      keep(finding, options.seed, folder);
      tell(describe(finding, options.seed));
    }
  }
  if (options.json) say(asJson(all, folder));
  return all.some(({ findings }) => findings.length > 0) ? 1 : 0;
}

/** The whole command; gives its exit code. */
export async function main(
  args: readonly string[],
  setting: Setting,
): Promise<number> {
  if (args.includes("--help")) {
    setting.say(manual());
    return 0;
  }
  try {
    return await run(args, setting);
  } catch (error) {
    if (!(error instanceof WrongUse)) throw error;
    setting.progress(`${error.message}\n`);
    return 2;
  }
}

if (import.meta.main) {
  const encoder = new TextEncoder();
  Deno.exit(
    await main(Deno.args, {
      registry: new URL("./fuzz_decoders/registry.ts", import.meta.url),
      folder: new URL("build/fuzz", ROOT).pathname,
      say: (line) => console.log(line),
      progress: (line) => void Deno.stderr.writeSync(encoder.encode(line)),
    }),
  );
}
