/**
 * `up`: runs a node until it is told to stop.
 */
import { Refusal } from "../../api.ts";
import {
  ask,
  askForPlace,
  type Command,
  type Context,
  EXIT,
  Interrupted,
  UsageError,
} from "../command.ts";
import type { StartedNode } from "../composition.ts";
import {
  RECORD_MIB,
  RECORD_MIB_MAX,
  RECORD_MIB_MIN,
} from "../../record/limits.ts";
import { cellLines } from "./cells.ts";

const DEFAULT_PORT = 8080;
const TRACE_EVERY_MAX = 1_000_000_000;

export const up: Command = {
  name: "up",
  about: "run a node here (the default command)",
  usage: "[--port N] [--host ADDRESS] [--genesis none|FILE]",
  details:
    "Makes the data directory, an identity and a store where there are none,\n" +
    "and serves HTTP until Ctrl-C.",
  options: {
    port: {
      type: "string",
      value: "N",
      about: `default ${DEFAULT_PORT}; 0 takes any free one`,
    },
    host: {
      type: "string",
      value: "ADDRESS",
      about: "default 127.0.0.1, for this machine only",
    },
    name: {
      type: "string",
      value: "NAME",
      multiple: true,
      about: "a host name that clients may use for this node",
    },
    record: {
      type: "boolean",
      about: "record every input of every cell; contents are in it",
    },
    "record-max-mib": {
      type: "string",
      value: "N",
      about: `a recording stops at this size; default ${RECORD_MIB}`,
    },
    "trace-every": {
      type: "string",
      value: "N",
      about:
        "follows one request in N into the cells (OTEL_DENO=true); default 1",
    },
    genesis: {
      type: "string",
      value: "WHAT",
      about: "an empty store begins with: default, none, or a file to import",
    },
  },
  takes: [0, 0],
  async run(context) {
    const { host } = context;
    const port = context.integer("port", {
      minimum: 0,
      maximum: 65535,
      otherwise: DEFAULT_PORT,
    });
    const { signal, dispose } = host.interruption();
    try {
      const node = await started(context, port, signal);
      try {
        if (node !== undefined) {
          if (!signal.aborted) await banner(context, node);
          await untilStopped(node, signal);
        }
      } finally {
        await node?.close();
      }
      context.note(context.json ? "stopped" : "\nstopped; the store is whole");
      return EXIT.ok;
    } finally {
      dispose();
    }
  },
};

/** The node; nothing where it was told to stop before it served. */
async function started(
  context: Context,
  port: number,
  signal: AbortSignal,
): Promise<StartedNode | undefined> {
  const recordOctetsMax = recordLimit(context);
  const starting = context.composition.startNode({
    data: context.data,
    host: context.text("host") ?? "127.0.0.1",
    port,
    genesis: context.text("genesis") ?? "default",
    names: context.texts("name"),
    traceEvery: context.integer("trace-every", {
      minimum: 1,
      maximum: TRACE_EVERY_MAX,
      otherwise: 1,
    }),
    ...(recordOctetsMax === undefined ? {} : { recordOctetsMax }),
    progress: (line) => context.note(context.json ? line : `  ${line}`),
    report: (line) => context.note(line),
  });
  try {
    return await askForPlace(starting, signal);
  } catch (error) {
    if (error instanceof Interrupted) return undefined;
    throw error;
  }
}

/** Octets; nothing where no recording is wanted. */
function recordLimit(context: Context): number | undefined {
  const mib = context.integer("record-max-mib", {
    minimum: RECORD_MIB_MIN,
    maximum: RECORD_MIB_MAX,
    otherwise: RECORD_MIB,
  });
  if (context.flag("record")) return mib * 2 ** 20;
  if (context.text("record-max-mib") === undefined) return undefined;
  throw new UsageError("--record-max-mib is of use with --record only");
}

async function untilStopped(
  node: StartedNode,
  signal: AbortSignal,
): Promise<void> {
  const stopped = new Promise<undefined>((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined));
  });
  const reason = await Promise.race([stopped, node.failed]);
  if (reason === undefined) return;
  throw new Refusal({
    kind: "failed",
    message: `the node stopped: ${reason}`,
    fix: "start it again; it goes on from its last acknowledged state",
  });
}

async function banner(context: Context, node: StartedNode): Promise<void> {
  const { url, identity, store } = node;
  const cells = await ask(node.api.cells());
  const { version } = context.composition;
  context.print({ version, url, identity, store, cells }, () => {
    const field = (name: string, value: string) =>
      context.line(`  ${context.dim(name.padEnd(9))} ${value}`);
    context.line();
    context.line(`${context.bold("karyon")} ${version}   ${context.bold(url)}`);
    context.line();
    for (const line of cellLines(context, cells)) context.line(`  ${line}`);
    context.line();
    field("identity", identity);
    field("data", context.data);
    field("store", store);
    context.line();
    const data = context.text("data");
    const where = data === undefined ? "" : ` --data ${data}`;
    field("try next", `open ${url} in a browser`);
    field("", `deno run kernel search cell${where}`);
    field("", `deno run kernel link hello world${where}`);
    field("", `deno run kernel import FILE${where}`);
    context.line();
    context.line(context.dim("  Ctrl-C stops it."));
  });
}
