/**
 * `content` and `drop`: a particle's octets, whole or a range; and letting them
 * go, with what is lost by it and what stays.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { HASH_BLAKE3 } from "../../../kernel/crypto/mod.ts";
import { type NodeApi, type ParticleReport, Refusal } from "../../api.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import { Transfer } from "../transfer.ts";
import { count, many, octets } from "../words.ts";
import { cidOf } from "./ends.ts";
import { outputOf } from "./files.ts";

const PIECE_OCTETS = 1 << 20;

export const content: Command = {
  name: "content",
  about: "a particle's octets, whole or a range, checked against its identity",
  usage: "CID|TEXT [--range FROM-TO] [--out FILE]",
  details: [
    "FROM-TO counts octets from 0, both included; FROM- goes to the end, -N is the",
    "last N. The node checks each range by the content's tree; the whole is hashed",
    "here once more. Without --out it goes to standard output as it is.",
  ].join("\n"),
  options: {
    range: { type: "string", value: "FROM-TO", about: "these octets only" },
    out: { type: "string", value: "FILE", about: "a new file for them" },
  },
  takes: [1, 1],
  run(context) {
    const out = context.text("out");
    if (context.json && out === undefined) {
      throw new UsageError(
        "octets are no JSON",
        "name a file for them with --out",
      );
    }
    const range = rangeOption(context);
    return context.withNode(async (api) => {
      const cid = await cidOf(api, context.arg(0));
      const { size, content } = await ask(api.particle(cid));
      if (size === undefined) throw notHere(cid, content);
      const span = range === undefined ? { from: 0, end: size } : range(size);
      const output = outputOf(context, out ?? "-");
      try {
        await copy(context, api, { cid, size, ...span }, output.write);
        output.keep();
      } catch (error) {
        output.drop();
        throw error;
      }
      const done = { cid, size, from: span.from, octets: span.end - span.from };
      if (out !== undefined) {
        context.print({ ...done, out }, () => {
          context.line(`${octets(done.octets)} in ${out}`);
        });
      }
      return EXIT.ok;
    });
  },
};

interface Span {
  readonly from: number;
  /** First octet behind it. */
  readonly end: number;
}

async function copy(
  context: Context,
  api: NodeApi,
  { cid, size, from, end }: Span & { cid: string; size: number },
  write: (octets: Uint8Array) => void,
): Promise<void> {
  const isWhole = from === 0 && end === size;
  const hash = blake3.create();
  const transfer = new Transfer(context, "read", end, from);
  const { signal, dispose } = context.host.interruption();
  try {
    for (let at = from; at < end;) {
      const length = Math.min(PIECE_OCTETS, end - at);
      const piece = await ask(api.content(cid, at, length), signal);
      if (piece.length === 0 || piece.length > length) throw notIts(cid);
      at += piece.length;
      if (isWhole) hash.update(piece);
      write(piece);
      transfer.show(at);
    }
  } finally {
    transfer.end();
    dispose();
  }
  const id = new Uint8Array([HASH_BLAKE3, ...hash.digest()]);
  if (isWhole && id.toHex() !== cid) throw notIts(cid);
}

function rangeOption(context: Context): ((size: number) => Span) | undefined {
  const text = context.text("range");
  if (text === undefined) return undefined;
  const [, first = "", last = ""] = /^(\d{0,15})-(\d{0,15})$/u.exec(text) ?? [];
  const isBackward = first !== "" && last !== "" &&
    Number(last) < Number(first);
  if ((first === "" && last === "") || isBackward) {
    throw new UsageError(
      `--range ${text} is not a range`,
      "write FROM-TO, FROM- or -N: --range 0-99 are the first hundred octets",
    );
  }
  return (size) => {
    const from = first === ""
      ? Math.max(0, size - Number(last))
      : Number(first);
    const end = first === "" || last === ""
      ? size
      : Math.min(size, Number(last) + 1);
    if (from >= end) {
      throw new Refusal({
        kind: "invalid",
        message: `the content has ${count(size)} octets`,
        fix: "ask for a range that lies in it",
      });
    }
    return { from, end };
  };
}

export const drop: Command = {
  name: "drop",
  about: "let a content go that was offered; its links stay",
  usage: "CID|TEXT [--dry-run]",
  details: [
    "The octets are gone from this node, and their space is given back. The",
    "particle, its links and its focus stay, and the content comes back when",
    "somebody offers it. A content that came with a signal cannot go: the log's",
    "chain of hashes covers it.",
  ].join("\n"),
  options: {
    "dry-run": { type: "boolean", about: "say what would go, and what stays" },
  },
  takes: [1, 1],
  run(context) {
    return context.withNode(async (api) => {
      const cid = await cidOf(api, context.arg(0));
      const before = await ask(api.particle(cid));
      if (context.flag("dry-run")) {
        if (before.size === undefined) throw notHere(cid, before.content);
        context.print({ ...stays(before), would_lose: before.size }, () => {
          context.line(`would be lost: ${octets(before.size ?? 0)}`);
          say(context, before);
        });
        return EXIT.ok;
      }
      const done = await ask(api.drop(cid));
      context.print({ ...done, ...stays(before) }, () => {
        context.line(
          `lost: ${octets(done.size)}, ${octets(done.freed)} of them in no ` +
            "other content",
        );
        say(context, before);
      });
      return EXIT.ok;
    });
  },
};

function stays({ cid, links_in, links_out }: ParticleReport) {
  return { cid, links_in, links_out };
}

function say(context: Context, before: ParticleReport): void {
  const links = many(before.links_in + before.links_out, "link");
  context.line(`stays: particle ${before.cid} with ${links}`);
  context.note("offer FILE brings it back");
}

function notHere(cid: string, content: ParticleReport["content"]): Refusal {
  const why = content === undefined || content === "here" ? "" : `: ${content}`;
  return new Refusal({
    kind: "not-found",
    message: `the content of ${cid} is not here${why}`,
    fix: "who has its octets may offer them: offer FILE",
  });
}

function notIts(cid: string): Refusal {
  return new Refusal({
    kind: "failed",
    message: `what the node gave is not the content of ${cid}`,
    fix: "nothing was kept; see fsck, and offer the content again",
  });
}
