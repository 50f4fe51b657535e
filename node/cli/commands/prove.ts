/**
 * `prove` and `verify`: what the graph holds, proven by the node, checked here.
 */
import {
  type Entry,
  hex,
  NotProven,
  type Proven,
  unhex,
  verifyProof,
} from "../../../cells/graph/verify/mod.ts";
import { Refusal } from "../../api.ts";
import { CID_PATTERN } from "../../http/schemas.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import { count } from "../words.ts";
import { cidOf } from "./ends.ts";
import { read, writeOctets } from "./files.ts";

export const prove: Command = {
  name: "prove",
  about: "what an index holds at a namespace, with a proof checked here",
  usage: "INDEX CID|TEXT [--out FILE]",
  details:
    "INDEX: by-neuron, by-particle; focus, balance, coins, cards. The root is the node's own word: compare it with one that you trust.",
  options: {
    out: { type: "string", value: "FILE", about: "keep the proof's octets" },
  },
  takes: [2, 2],
  run(context) {
    return context.withNode(async (api) => {
      const namespace = await cidOf(api, context.arg(1));
      const answer = await ask(
        api.proof(context.arg(0), namespace, namespace),
      );
      const octets = Uint8Array.fromBase64(answer.octets);
      const proven = checked(octets, answer.root);
      const out = context.text("out");
      if (out !== undefined) await writeOctets(context, out, octets);
      show(context, proven, answer.root, octets.length);
      return EXIT.ok;
    });
  },
};

export const verify: Command = {
  name: "verify",
  about: "check a kept proof against a root that you trust",
  usage: "FILE --root ROOT",
  details: "Needs no node. Exit code 1: the proof does not hold, and why.",
  options: {
    root: {
      type: "string",
      value: "ROOT",
      about: "root of the state, 66 digits",
    },
  },
  takes: [1, 1],
  async run(context) {
    const root = context.text("root") ?? "";
    if (!CID_PATTERN.test(root)) {
      throw new UsageError(
        "--root must be the root of a state: 01 and 64 hexadecimal digits",
        "GET /v1/proofs of a node that you trust gives one",
      );
    }
    const octets = await read(context, context.arg(0));
    show(context, checked(octets, root), root, octets.length);
    return EXIT.ok;
  },
};

function checked(octets: Uint8Array, root: string): Proven {
  try {
    return verifyProof(octets, unhex(root));
  } catch (error) {
    if (!(error instanceof NotProven)) throw error;
    throw new Refusal({
      kind: "failed",
      message: `the proof does not hold: ${error.message}`,
    });
  }
}

function show(
  context: Context,
  { state, index, first, last, entries }: Proven,
  root: string,
  octets: number,
): void {
  const report = {
    index,
    height: Number(state.height),
    root,
    network: hex(state.network),
    from: hex(first),
    to: hex(last),
    octets,
    entries: entries.map(entryReport),
  };
  context.print(report, () => {
    const field = (name: string, value: string) =>
      context.line(`${context.dim(name.padEnd(10))}${value}`);
    field("proven", `${index}, height ${count(report.height)}`);
    field("root", root);
    field("from", report.from);
    if (report.to !== report.from) field("to", report.to);
    if (entries.length === 0) field("holds", "nothing");
    for (const entry of report.entries) {
      for (const [name, value] of Object.entries(entry)) field(name, value);
    }
    field("proof", `${count(octets)} octets`);
  });
}

function entryReport(entry: Entry): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(entry).map(([name, value]) => [
      name,
      value instanceof Uint8Array ? hex(value) : String(value),
    ]),
  );
}
