/**
 * `forge`: a model writes a driver, and the suite of its contract judges it.
 *
 * Exit code 0 at green, 1 if the budget is spent, 2 if the question is wrong,
 * 3 if the endpoint failed. Nothing is installed.
 */
import { DATASHEET_OCTETS_MAX } from "../../forge/limits.ts";
import type { Forged } from "../../forge/forge.ts";
import { TARGETS } from "../../forge/target.ts";
import {
  type Command,
  type Context,
  EXIT,
  Interrupted,
  UsageError,
} from "../command.ts";
import { suggest } from "../suggest.ts";
import { count } from "../words.ts";
import { printable } from "../width.ts";
import { read } from "./files.ts";

const OUT_DEFAULT = "./forged";
const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;
const SEED_MAX = 2 ** 32 - 1;

/** Names of numbers, each with what it is and its bounds. */
const BUDGET = {
  attempts: { minimum: 1, maximum: 1_000, otherwise: 8 },
  tokens: { minimum: 1, maximum: 1_000_000_000, otherwise: 2_000_000 },
  minutes: { minimum: 1, maximum: 1_440, otherwise: 60 },
  "answer-tokens": { minimum: 256, maximum: 1_000_000, otherwise: 32_768 },
} as const;

const text = (value: string, about: string) =>
  ({ type: "string", value, about }) as const;

export const forge: Command = {
  name: "forge",
  about: "have a model write a driver, until its suite passes",
  usage: "--endpoint URL --model NAME --datasheet FILE [options]",
  details: [
    "Asks an OpenAI-compatible endpoint (POST URL/chat/completions) for a component",
    "driver, compiles it, puts it to the contract's suite on a simulated device, and",
    "tells the model what failed, until nothing does or the budget is spent. Source,",
    "component, report and transcript are left in a folder; nothing is installed.",
    "What the model wrote runs as a cell that has the device's bus and nothing else.",
    "Then: deno run kernel conform --driver DIR --attest FILE signs what you found.",
    "Exit codes: 0 green, 1 budget spent, 2 wrong command line, 3 the endpoint failed.",
  ].join("\n"),
  options: {
    endpoint: text("URL", "up to /v1, such as http://127.0.0.1:11434/v1"),
    model: text("NAME", "as the endpoint knows it"),
    datasheet: text("FILE", "what the device is; text or Markdown"),
    "key-file": text("FILE", "holds the endpoint's key; sent to it alone"),
    contract: text("NAME", "what to forge (default block)"),
    out: text("DIR", `a new folder (default ${OUT_DEFAULT})`),
    attempts: text("N", "answers at most (default 8)"),
    tokens: text("N", "tokens at most, asked and answered (default 2000000)"),
    minutes: text("N", "time at most (default 60)"),
    "answer-tokens": text("N", "tokens of one answer at most (default 32768)"),
    seed: text("N", "seed of the suite's chance (default 1)"),
    case: text("TEXT", "only cases with this in their name; for a try"),
    resume: { type: "boolean", about: "go on in a folder that was begun" },
  },
  takes: [0, 0],
  run,
};

async function run(context: Context): Promise<number> {
  const endpoint = endpointOf(context);
  const model = needed(context, "model", "--model NAME");
  const path = needed(context, "datasheet", "--datasheet FILE");
  const contract = contractOf(context);
  const budget = (name: keyof typeof BUDGET) =>
    context.integer(name, BUDGET[name]);
  const request = {
    ...{ endpoint, model, contract },
    keyFile: context.text("key-file"),
    out: context.text("out") ?? OUT_DEFAULT,
    attempts: budget("attempts"),
    tokens: budget("tokens"),
    minutes: budget("minutes"),
    answerTokens: budget("answer-tokens"),
    seed: context.integer("seed", {
      ...{ minimum: 0, maximum: SEED_MAX, otherwise: 1 },
    }),
    only: context.text("case"),
    resume: context.flag("resume"),
    progress: (line: string) => context.note(printable(line)),
  };
  const datasheet = await datasheetOf(context, path);
  const stop = context.host.interruption();
  try {
    const { signal } = stop;
    return end(
      context,
      await context.composition.forge({ ...request, datasheet, signal }),
    );
  } catch (error) {
    throw stop.signal.aborted ? new Interrupted() : error;
  } finally {
    stop.dispose();
  }
}

function end(context: Context, forged: Forged): number {
  const { end, attempts, tokens, failed, total, out, only } = forged;
  context.print(forged, () => {
    context.line(
      `${end === "green" ? "green" : `${end} spent`} after ${
        count(attempts)
      } attempts and ${count(tokens)} tokens: ${
        total - failed
      } of ${total} cases pass`,
    );
    context.line(out);
  });
  if (end !== "green") {
    context.note(`the last attempt is in ${out}; --resume with more goes on`);
    return EXIT.refused;
  }
  if (only !== undefined) {
    context.note(`only cases with "${only}" were run: this is no whole suite`);
  }
  context.note(
    "read the source, then sign: deno run kernel conform " +
      `--driver ${out} --attest report.dsse.json`,
  );
  return EXIT.ok;
}

function needed(context: Context, name: string, fix: string): string {
  const value = context.text(name);
  if (value !== undefined && value !== "") return value;
  throw new UsageError(`--${name} is missing`, `give ${fix}`);
}

function contractOf(context: Context): string {
  const wanted = context.text("contract") ?? "block";
  const all = TARGETS.map(({ contract }) => contract);
  if (all.includes(wanted)) return wanted;
  throw new UsageError(
    `no driver of ${wanted} can be forged`,
    suggest(wanted, all) === undefined
      ? `there is ${all.join(", ")}`
      : `did you mean ${suggest(wanted, all)}?`,
  );
}

/** The address up to `/v1`, without a slash at its end. */
function endpointOf(context: Context): string {
  const given = needed(context, "endpoint", "--endpoint URL");
  const url = URL.parse(given);
  const sound = url !== null && /^https?:$/.test(url.protocol) &&
    url.username === "" && url.password === "" && url.search === "" &&
    url.hash === "";
  if (!sound) {
    throw new UsageError(
      "--endpoint is no plain web address",
      "such as https://host/v1; a key goes into --key-file",
    );
  }
  const clear = url.protocol === "http:" && !LOOPBACK.test(url.hostname);
  if (clear && context.text("key-file") !== undefined) {
    throw new UsageError(
      "the key would go over the network in the clear",
      "give an https address, or leave --key-file out",
    );
  }
  return url.href.replace(/\/+$/, "").replace(/\/chat\/completions$/, "");
}

async function datasheetOf(context: Context, path: string): Promise<string> {
  const octets = await read(context, path);
  if (octets.length > DATASHEET_OCTETS_MAX) {
    throw new UsageError(
      `${path} has over ${DATASHEET_OCTETS_MAX} octets`,
      "give the chapters about this device",
    );
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(octets);
  } catch {
    throw new UsageError(
      `${path} is not text`,
      "convert it first, such as with pdftotext",
    );
  }
}
