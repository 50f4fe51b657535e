/**
 * Long random histories of the graph's ledger, the cell against the model.
 *
 *   deno task fuzz:ledger [--minutes N] [--seed S] [--json]
 *
 * Each history has its own seed, every second one a network with rules, so that
 * will runs out. After each append the sums hold; now and then the axioms do,
 * and state roots and proofs are the model's, also of a store opened anew from
 * a checkpoint or from the log.
 *
 *   --minutes N   how long; 1 if not given
 *   --seed S      seed of the first history; chance if not given
 *   --appends N   appends in one history; 400 if not given
 *   --json        one object at the end, and nothing else, on standard output
 *
 * Ends with 0 if everything holds, 1 with the seed if something does not, 2 on a
 * wrong command line. The cell has to be built: deno task build --cell graph.
 */
import { parseArgs } from "node:util";
import { LedgerRun } from "../cells/graph/testing/ledger_run.ts";

const COMPARE_SHARE = 0.05;
const HELP =
  "deno task fuzz:ledger [--minutes N] [--seed S] [--appends N] [--json]";

interface Options {
  readonly minutes: number;
  readonly seed: number;
  readonly appends: number;
  readonly json: boolean;
}

function optionsOf(args: string[]): Options | undefined {
  const { values } = parseArgs({
    args,
    options: {
      minutes: { type: "string", default: "1" },
      seed: { type: "string" },
      appends: { type: "string", default: "400" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  const number = (name: string, text: string) => {
    const value = Number(text);
    if (text === "" || !(value >= 0)) throw new Error(`--${name}: ${text}`);
    return value;
  };
  const chance = crypto.getRandomValues(new Uint32Array(1))[0] ?? 1;
  return {
    minutes: number("minutes", values.minutes),
    seed: number("seed", values.seed ?? String(chance)),
    appends: number("appends", values.appends),
    json: values.json,
  };
}

/** One history; what came of its appends. */
async function history(seed: number, appends: number) {
  const run = await new LedgerRun(seed, seed % 2 === 0).open();
  for (let i = 0; i < appends; i++) {
    run.append();
    if (run.history.random() < COMPARE_SHARE) await run.compare();
  }
  await run.compare();
  return run.outcomes;
}

async function main(options: Options): Promise<number> {
  const end = performance.now() + options.minutes * 60_000;
  const outcomes = new Map<string, number>();
  let histories = 0;
  for (; histories === 0 || performance.now() < end; histories++) {
    const seed = options.seed + histories;
    try {
      for (const [name, count] of await history(seed, options.appends)) {
        outcomes.set(name, (outcomes.get(name) ?? 0) + count);
      }
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (options.json) console.log(JSON.stringify({ seed, error: text }));
      else console.error(`does not hold with --seed ${seed}\n${text}`);
      return 1;
    }
  }
  const counts = Object.fromEntries([...outcomes].sort());
  if (options.json) {
    console.log(JSON.stringify({ seed: options.seed, histories, counts }));
  } else {
    console.log(`${histories} histories from seed ${options.seed}: all hold`);
    for (const [name, count] of Object.entries(counts)) {
      console.log(`  ${name.padEnd(24)}${count}`);
    }
  }
  return 0;
}

if (import.meta.main) {
  let options: Options | undefined;
  try {
    options = optionsOf(Deno.args);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${HELP}`);
    Deno.exit(2);
  }
  if (!options) console.log(HELP);
  Deno.exit(options ? await main(options) : 0);
}
