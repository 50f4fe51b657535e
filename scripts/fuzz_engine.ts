/**
 * Differential fuzz of the rewriter and the engine.
 *
 *   deno task fuzz:engine [--minutes N] [--seed S] [--only CASE] [--json]
 *                         [--suite PATH] [--wasm-opt PATH] [--peers a,b]
 *
 * Random modules, from binaryen's generator and the official suite, most of them
 * mutated, run plain and rewritten in every mode, here and in the browsers that
 * are installed. Results, traps, calls of the host, memories, tables, globals
 * and fuel must be the same; damaged modules and components must be refused.
 *
 *   --minutes N    how long; 2 if not given
 *   --cases N      how many cases instead of how long
 *   --seed S       a number; the same seed, the same cases. Chance if not given
 *   --only CASE    one case of the seed: how a difference is replayed
 *   --suite PATH   .wast scripts; ../shared/vectors/wasm-testsuite if not given
 *   --wasm-opt F   wasm-opt of the npm package binaryen; the installed one if not
 *   --peers LIST   of chromium, firefox; both if not given, none with `none`
 *   --json         one object at the end, and nothing else, on standard output
 *
 * A module that differs is written to build/fuzz. Ends with 0 if nothing
 * differs, 1 if something does, 2 on a wrong command line, 3 if there is no
 * source of modules.
 */
import {
  Binaryen,
  installedTools,
  NoTool,
} from "../conformance/kernel/engine/fuzz/binaryen.ts";
import {
  BROWSERS,
  startBrowser,
} from "../conformance/kernel/engine/fuzz/browser_peer.ts";
import {
  BATCH,
  Campaign,
  type Finding,
  type Setting,
} from "../conformance/kernel/engine/fuzz/campaign.ts";
import { compiling } from "../conformance/kernel/engine/fuzz/components.ts";
import {
  Missing,
  type Peer,
  peerHere,
  Silent,
} from "../conformance/kernel/engine/fuzz/peers.ts";
import {
  type Source,
  suiteSource,
} from "../conformance/kernel/engine/fuzz/sources.ts";
import {
  progress,
  report,
  reportJson,
} from "../conformance/kernel/engine/fuzz/report.ts";
import { ROOT as ROOT_URL } from "./house_files.ts";

const ROOT = ROOT_URL.pathname.replace(/\/$/, "");
const FOLDER = `${ROOT}/build/fuzz`;
/** Of one case that is asked alone. */
const ALONE_MS_MAX = 20_000;
/** Each spins on until the process ends. */
const SILENT_MAX = 3;

interface Options {
  minutes: number;
  cases: number;
  seed: number;
  only: number | undefined;
  suite: string;
  isSuiteNamed: boolean;
  tool: string | undefined;
  peers: readonly string[];
  json: boolean;
}

class WrongUse extends Error {}

function optionsOf(args: readonly string[]): Options {
  const options: Options = {
    minutes: 2,
    cases: Infinity,
    seed: Math.floor(Math.random() * 2 ** 31),
    only: undefined,
    suite: `${ROOT}/../shared/vectors/wasm-testsuite`,
    isSuiteNamed: false,
    tool: undefined,
    peers: BROWSERS.map(({ name }) => name),
    json: false,
  };
  const rest = args.flatMap((arg) =>
    /^--[\w-]+=/.test(arg) ? arg.split(/=(.*)/s, 2) : [arg]
  );
  const number = (name: string): number => {
    const value = Number(rest.shift() ?? NaN);
    if (Number.isFinite(value) && value >= 0) return value;
    throw new WrongUse(`${name} takes a number, e.g. ${name} 30`);
  };
  const text = (name: string): string => {
    const value = rest.shift();
    if (value !== undefined) return value;
    throw new WrongUse(`${name} takes a value; --help says which`);
  };
  for (let arg = rest.shift(); arg !== undefined; arg = rest.shift()) {
    if (arg === "--minutes") options.minutes = number(arg);
    else if (arg === "--cases") options.cases = number(arg);
    else if (arg === "--seed") options.seed = number(arg);
    else if (arg === "--only") options.only = number(arg);
    else if (arg === "--suite") {
      options.suite = text(arg);
      options.isSuiteNamed = true;
    } else if (arg === "--wasm-opt") options.tool = text(arg);
    else if (arg === "--peers") options.peers = text(arg).split(",");
    else if (arg === "--json") options.json = true;
    else throw new WrongUse(`unknown ${arg}; --help lists what there is`);
  }
  const known = ["none", ...BROWSERS.map(({ name }) => name)];
  const wrong = options.peers.find((name) => !known.includes(name));
  if (wrong === undefined) return options;
  throw new WrongUse(`no peer ${wrong}; there are ${known.join(", ")}`);
}

async function sourcesFor(
  { suite, tool }: Options,
  say: (line: string) => void,
): Promise<Source[]> {
  const sources: Source[] = [];
  const [file] = tool === undefined ? installedTools(ROOT) : [tool];
  if (file === undefined) {
    say("without binaryen: it is not installed; `deno install` brings it");
  } else {
    const binaryen = await Binaryen.open(
      file,
      Deno.makeTempDirSync({ prefix: "karyon-fuzz-" }),
    );
    say(`binaryen ${binaryen.version}: ${file}`);
    sources.push(binaryen);
  }
  const scripts = suiteSource(suite);
  if (scripts === undefined) {
    say(`without the official suite: no .wast in ${suite}; --suite names it`);
  } else {
    say(`official suite: ${suite}`);
    sources.push(scripts);
  }
  return sources;
}

async function peersFor(
  { peers }: Options,
  say: (line: string) => void,
): Promise<Peer[]> {
  const found: Peer[] = [peerHere()];
  say(`peer here: ${found[0]?.version}`);
  for (const browser of BROWSERS) {
    if (!peers.includes(browser.name)) {
      say(`peer ${browser.name}: not asked for`);
      continue;
    }
    try {
      const peer = await startBrowser(browser);
      found.push(peer);
      say(`peer ${peer.name}: ${peer.version}`);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      say(`MISSING peer ${error.message}`);
    }
  }
  say("MISSING peer wasmtime: there is no driver for it yet");
  return found;
}

/** Which cases of a batch give no answer on a peer, each asked on a new one. */
async function silentOf(
  setting: Setting,
  indices: readonly number[],
  name: string,
): Promise<Finding[]> {
  const browser = BROWSERS.find((one) => one.name === name);
  const silent: Finding[] = [];
  for (const index of indices) {
    const peers = [peerHere()];
    if (browser !== undefined) peers.push(await startBrowser(browser));
    const alone = new Campaign({ ...setting, peers, batchMs: ALONE_MS_MAX });
    try {
      await alone.run([index]);
    } catch (error) {
      if (!(error instanceof Silent)) throw error;
      const octets = alone.last?.octets ?? new Uint8Array();
      const what = `it does not end: ${error.message}`;
      silent.push({ case: index, source: "again", what, octets });
      if (silent.length === SILENT_MAX) break;
    }
    await Promise.all(peers.map((peer) => peer.stop()));
  }
  return silent;
}

/** Components of the build; none where nothing was built. */
function builtComponents(): Uint8Array[] {
  try {
    return [...Deno.readDirSync(`${ROOT}/build/cells`)]
      .filter(({ name }) => name.endsWith(".wasm"))
      .map(({ name }) => Deno.readFileSync(`${ROOT}/build/cells/${name}`));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

function save(campaign: Campaign, seed: number, from: number): void {
  for (const { case: index, octets } of campaign.tally.findings.slice(from)) {
    Deno.writeFileSync(`${FOLDER}/${seed}-${index}.wasm`, octets);
  }
}

/** What a case is depends on the seed and on the sources. */
function replayOf({ seed, suite, tool, isSuiteNamed }: Options): string {
  return `deno task fuzz:engine --seed ${seed}` +
    (isSuiteNamed ? ` --suite ${suite}` : "") +
    (tool === undefined ? "" : ` --wasm-opt ${tool}`);
}

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    const manual = Deno.readTextFileSync(new URL(import.meta.url));
    console.log(manual.slice(4, manual.indexOf(" */")).replace(/^ \* ?/gm, ""));
    return 0;
  }
  const options = optionsOf(args);
  const say = (line: string) => {
    if (!options.json) console.log(line);
  };
  Deno.mkdirSync(FOLDER, { recursive: true });
  const { seed } = options;
  say(`seed ${seed}`);
  const sources = await sourcesFor(options, say);
  if (sources.length === 0) return 3;
  const peers = await peersFor(options, say);
  const compiler = compiling();
  const setting: Setting = {
    seed,
    sources,
    peers,
    components: builtComponents(),
    compile: compiler.compile,
  };
  const campaign = new Campaign(setting);
  const from = performance.now();
  const minutes = () => (performance.now() - from) / 60_000;
  let next = options.only ?? 0;
  let failed: string | undefined;
  let batch: readonly number[] = [];
  try {
    do {
      const size = options.only === undefined
        ? Math.min(BATCH, options.cases - next)
        : 1;
      const known = campaign.tally.findings.length;
      batch = Array.from({ length: size }, (_, at) => next + at);
      await campaign.run(batch);
      save(campaign, seed, known);
      next += size;
      if (!options.json) progress(campaign.tally, minutes());
    } while (
      options.only === undefined && minutes() < options.minutes &&
      next < options.cases
    );
  } catch (error) {
    failed = `cases ${batch[0]} to ${batch.at(-1)}: ${error}`;
    const known = campaign.tally.findings.length;
    if (error instanceof Silent) {
      campaign.tally.findings.push(
        ...await silentOf(setting, batch, error.peer),
      );
    }
    save(campaign, seed, known);
  } finally {
    compiler.stop();
    await Promise.all(peers.map((peer) => peer.stop()));
  }
  const ended = {
    tally: campaign.tally,
    seed,
    minutes: minutes(),
    replay: replayOf(options),
    failed,
  };
  console.log(options.json ? reportJson(ended, peers) : report(ended, peers));
  return failed === undefined && campaign.tally.findings.length === 0 ? 0 : 1;
}

if (import.meta.main) {
  try {
    Deno.exit(await main(Deno.args));
  } catch (error) {
    if (!(error instanceof WrongUse || error instanceof NoTool)) throw error;
    console.error(error.message);
    Deno.exit(2);
  }
}
