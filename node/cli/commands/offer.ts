/**
 * `offer`: brings a particle's content to the node, however long it is.
 *
 * The file is hashed first, so what is offered is what it says. What broke off
 * before goes on where it was.
 */
import { blake3 } from "@noble/hashes/blake3.js";
import { HASH_BLAKE3 } from "../../../kernel/crypto/mod.ts";
import { type NodeApi, Refusal } from "../../api.ts";
import { OFFER_OCTETS_MAX, TTL_MAX } from "../../http/limits.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  Interrupted,
} from "../command.ts";
import { Transfer } from "../transfer.ts";
import { count, many, octets } from "../words.ts";
import { endOf, idOf } from "./ends.ts";
import { inputOf } from "./files.ts";

export const offer: Command = {
  name: "offer",
  about: "bring a file as a particle's content, or bring it back",
  usage: "FILE [--link TEXT|CID] [--ttl HEIGHTS] [--cid CID]",
  details: [
    "The particle is the hash of the file. It must be linked: --link makes a link",
    "to it first. It is kept only if it hashes to the particle, for ever or for",
    "--ttl heights, and can be dropped. After an interruption of any kind the same",
    "command goes on where it was, as long as the node holds what came.",
  ].join("\n"),
  options: {
    link: {
      type: "string",
      value: "FROM",
      about: "link this text or identity to the content first",
    },
    ttl: {
      type: "string",
      value: "HEIGHTS",
      about: "keep it for so many heights (default: the node's policy)",
    },
    cid: {
      type: "string",
      value: "CID",
      about: "refuse a file that is not this particle's content",
    },
  },
  takes: [1, 1],
  async run(context) {
    const path = context.arg(0);
    const ttl = context.text("ttl") === undefined
      ? undefined
      : context.integer("ttl", { minimum: 1, maximum: TTL_MAX, otherwise: 1 });
    const wanted = context.text("cid");
    const meant = wanted === undefined ? undefined : idOf(wanted, "particle");
    const { signal, dispose } = context.host.interruption();
    try {
      const file = await hashed(context, path, signal);
      if (meant !== undefined && file.cid !== meant) throw another(path, file);
      return await context.withNode(
        (api, { kind }) =>
          bring(context, api, { path, ttl, signal, ...file, kind }),
        signal,
      );
    } finally {
      dispose();
    }
  },
};

interface Brought {
  readonly path: string;
  readonly cid: string;
  readonly size: number;
  readonly ttl: number | undefined;
  readonly signal: AbortSignal;
  readonly kind: "local" | "remote";
}

async function bring(
  context: Context,
  api: NodeApi,
  { path, cid, size, ttl, signal, kind }: Brought,
): Promise<number> {
  const from = context.text("link");
  if (from !== undefined && !await isLinked(api, cid)) {
    await ask(api.link([{ from: endOf(from), to: { cid } }]), signal);
  }
  const there = await standing(api, cid);
  if (there === "here") {
    context.print({ cid, size, here: true }, () => {
      context.line(cid);
      context.note(`its ${octets(size)} are here already`);
    });
    return EXIT.ok;
  }
  const start = await heldOf(api, cid, size);
  if (start > 0) context.note(`goes on at ${octets(start)}`);
  const transfer = new Transfer(context, "offered", size, start);
  try {
    const kept = await ask(
      api.offer(
        cid,
        size,
        transfer.told(behind(await inputOf(context, path), start)),
        { ttl, from: start },
      ),
      signal,
    );
    transfer.end();
    context.print(kept, () => {
      context.line(cid);
      const until = kept.until === undefined
        ? "for ever"
        : `until height ${count(kept.until)}`;
      context.note(
        `${kept.kind ?? "content"}, ${octets(size)} in ${
          many(kept.chunks, "chunk")
        }, ${count(kept.fresh)} of them new; kept ${until}`,
      );
    });
    return EXIT.ok;
  } catch (error) {
    transfer.end();
    if (kind === "remote") {
      context.note("what came is held for some minutes: repeat the command");
    }
    throw error;
  }
}

/** Reads the file once: its length, and the particle that it is. */
async function hashed(context: Context, path: string, signal: AbortSignal) {
  const hash = blake3.create();
  const transfer = new Transfer(context, "hashed", undefined);
  let size = 0;
  for await (const piece of transfer.told(await inputOf(context, path))) {
    if (signal.aborted) throw new Interrupted("interrupted");
    hash.update(piece);
    size += piece.length;
    if (size > OFFER_OCTETS_MAX) {
      throw new Refusal({
        kind: "too-large",
        message: `${path} has more than ${octets(OFFER_OCTETS_MAX)}`,
        fix: "divide it, and link the parts",
      });
    }
  }
  transfer.end();
  const id = new Uint8Array([HASH_BLAKE3, ...hash.digest()]);
  return { cid: id.toHex(), size };
}

/** What comes behind so many octets. */
async function* behind(
  pieces: AsyncIterable<Uint8Array>,
  start: number,
): AsyncGenerator<Uint8Array> {
  let at = 0;
  for await (const piece of pieces) {
    const skip = Math.min(piece.length, Math.max(0, start - at));
    at += piece.length;
    if (skip < piece.length) yield piece.subarray(skip);
  }
}

/** Whether a link touches it, so that a repeated command makes no second one. */
async function isLinked(api: NodeApi, cid: string): Promise<boolean> {
  return await standing(api, cid) !== undefined;
}

/** Of the particle's content; nothing where no link touches it. */
async function standing(api: NodeApi, cid: string) {
  const found = await found404(() => ask(api.particle(cid)));
  return found?.content ?? (found === undefined ? undefined : "unknown");
}

async function heldOf(
  api: NodeApi,
  cid: string,
  size: number,
): Promise<number> {
  const held = await found404(() => ask(api.offering(cid)));
  return held?.size === size ? held.done : 0;
}

async function found404<A>(answer: () => Promise<A>): Promise<A | undefined> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof Refusal && error.kind === "not-found") {
      return undefined;
    }
    throw error;
  }
}

function another(path: string, { cid }: { readonly cid: string }): Refusal {
  return new Refusal({
    kind: "invalid",
    message: `${path} is the content of ${cid}`,
    fix: "name the file that hashes to the identity, or leave --cid away",
  });
}
