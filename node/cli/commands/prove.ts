/**
 * `prove` and `verify`: what the graph holds, proven by the node, checked here.
 */
import {
  type Entry,
  hex,
  NotProven,
  PLACES,
  type Proven,
  type ProvenAlone,
  unhex,
  verifyLink,
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
import { heightOption } from "./names.ts";

export const prove: Command = {
  name: "prove",
  about: "what an index holds at a namespace, with a proof checked here",
  usage: "INDEX CID|TEXT [--at HEIGHT] [--out FILE] | link NUMBER [--in WHERE]",
  details:
    "INDEX: by-neuron, by-particle; focus, balance, coins, cards. link proves one link, by its index in the record. The root is the node's own word: compare it with one that you trust.",
  options: {
    at: {
      type: "string",
      value: "HEIGHT",
      about: "about the state at that height (default: the newest)",
    },
    in: {
      type: "string",
      value: "WHERE",
      about: "of a link: neuron, from or to (default: whichever works)",
    },
    out: { type: "string", value: "FILE", about: "keep the proof's octets" },
  },
  takes: [2, 2],
  run(context) {
    const at = heightOption(context);
    if (context.arg(0) === "link") return proveLink(context, at);
    if (context.text("in") !== undefined) {
      throw new UsageError("--in is for prove link", "leave it away");
    }
    return context.withNode(async (api) => {
      const namespace = await cidOf(api, context.arg(1));
      const index = context.arg(0);
      const answer = await ask(
        at === undefined
          ? api.proof(index, namespace, namespace)
          : api.proofAt(at, index, namespace, namespace),
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

function proveLink(
  context: Context,
  at: number | undefined,
): Promise<number> {
  const [, number = ""] = context.args;
  if (!/^(0|[1-9]\d{0,14})$/u.test(number)) {
    throw new UsageError(
      `${JSON.stringify(number)} is not the index of a link`,
      "GET /v1/particles/CID/links?dir=out&at=HEIGHT shows indexes",
    );
  }
  const given = context.text("in");
  const place = PLACES.find((one) => one === given);
  if (given !== undefined && place === undefined) {
    throw new UsageError(`--in must be one of ${PLACES.join(", ")}`);
  }
  return context.withNode(async (api) => {
    const answer = await ask(api.linkProof(Number(number), place, at));
    const octets = Uint8Array.fromBase64(answer.octets);
    const proven = held(() => verifyLink(octets, unhex(answer.root)));
    const out = context.text("out");
    if (out !== undefined) await writeOctets(context, out, octets);
    showLink(context, proven, answer.root, octets.length);
    return EXIT.ok;
  });
}

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
    const magic = new TextDecoder().decode(octets.subarray(0, 4));
    if (magic === "KLNK") {
      const proven = held(() => verifyLink(octets, unhex(root)));
      showLink(context, proven, root, octets.length);
      return EXIT.ok;
    }
    show(context, checked(octets, root), root, octets.length);
    return EXIT.ok;
  },
};

function checked(octets: Uint8Array, root: string): Proven {
  return held(() => verifyProof(octets, unhex(root)));
}

/** What is proven; that it is not is a refusal. */
function held<A>(verified: () => A): A {
  try {
    return verified();
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

function showLink(
  context: Context,
  { state, link, place, position, links }: ProvenAlone,
  root: string,
  octets: number,
): void {
  const { neuron, from, to, token, amount, valence, height } = link;
  const report = {
    height: Number(state.height),
    root,
    network: hex(state.network),
    place,
    position: Number(position),
    links: Number(links),
    octets,
    link: {
      neuron: hex(neuron),
      from: hex(from),
      to: hex(to),
      token: hex(token),
      amount: Number(amount),
      valence,
      height: Number(height),
    },
  };
  context.print(report, () => {
    const field = (name: string, value: string) =>
      context.line(`${context.dim(name.padEnd(10))}${value}`);
    field("proven", `a link, height ${count(report.height)}`);
    field("root", root);
    for (const [name, value] of Object.entries(report.link)) {
      field(name, String(value));
    }
    field(
      "among",
      `the links of ${place}: number ${count(report.position)} of ${
        count(report.links)
      }`,
    );
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
