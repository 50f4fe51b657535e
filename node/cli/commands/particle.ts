/**
 * `particle`: one particle with its nearest links.
 */
import type { Brief, LinkReport, NodeApi, ParticleReport } from "../../api.ts";
import { ask, type Command, type Context, EXIT } from "../command.ts";
import type { Column } from "../table.ts";
import { count, octets, share } from "../words.ts";
import { cidOf } from "./ends.ts";

export const particle: Command = {
  name: "particle",
  about: "one particle: content, focus, links",
  usage: "CID|TEXT [--limit N] [--content]",
  options: {
    limit: {
      type: "string",
      value: "N",
      about: "links of each direction, 0 to 1000 (default 10)",
    },
    content: { type: "boolean", about: "print the content's octets only" },
  },
  takes: [1, 1],
  run(context) {
    const limit = context.integer("limit", {
      minimum: 0,
      maximum: 1000,
      otherwise: 10,
    });
    return context.withNode(async (api) => {
      const cid = await cidOf(api, context.arg(0));
      if (context.flag("content")) {
        return await streamContent(context, api, cid);
      }
      const found = await ask(api.particle(cid));
      const linksOf = async (side: "in" | "out") =>
        limit === 0 ? [] : (await ask(api.links(cid, side, limit))).links;
      const links = { out: await linksOf("out"), in: await linksOf("in") };
      context.print({ ...found, links }, () => {
        const field = (name: string, value: string) =>
          context.line(`${context.dim(name.padEnd(8))}${value}`);
        field("cid", found.cid);
        if (found.text !== undefined) field("text", briefly(found.text));
        field("content", standing(found));
        field("focus", share(found.focus));
        if (found.axon !== undefined) {
          field("axon", `${found.axon.from} → ${found.axon.to}`);
        }
        side(context, "links out", found.links_out, links.out, "to");
        side(context, "links in", found.links_in, links.in, "from");
      });
      return EXIT.ok;
    });
  },
};

/** `12 KiB until height 40`, or `not here: expired`. */
function standing({ size, content, until }: ParticleReport): string {
  if (size === undefined) {
    const why = content === undefined || content === "here" ? "" : content;
    return why === "" ? "not here" : `not here: ${why}`;
  }
  const end = until === undefined ? "" : ` until height ${count(until)}`;
  return `${octets(size)}${end}`;
}

function briefly(text: string): string {
  const line = text.replaceAll(/[\s\p{Cc}\p{Cf}]+/gu, " ").trim();
  return line.length > 500 ? `${line.slice(0, 500)}…` : line;
}

function side(
  context: Context,
  title: string,
  total: number,
  links: ReadonlyArray<LinkReport>,
  end: "from" | "to",
): void {
  context.line();
  context.line(context.bold(`${title} (${count(total)})`));
  if (links.length === 0) return;
  const name = (brief: Brief) => brief.text ?? brief.cid;
  const columns: ReadonlyArray<Column<LinkReport>> = [
    { title: end, flex: 20, value: (link) => name(link[end]) },
    { title: "amount", right: true, value: ({ amount }) => count(amount) },
    { title: "valence", right: true, value: ({ valence }) => `${valence}` },
    {
      title: "height",
      right: true,
      spare: 1,
      value: ({ height }) => count(height),
    },
    { title: "cid", flex: 14, spare: 2, value: (link) => link[end].cid },
  ];
  for (const line of context.table(columns, links)) context.line(line);
  if (links.length < total) {
    context.line(context.dim(`… ${count(total - links.length)} more`));
  }
}

const CHUNK_OCTETS = 1 << 20;

/** Prints a content as it comes, however long it is. */
export async function streamContent(
  context: Context,
  api: NodeApi,
  cid: string,
): Promise<number> {
  const { size = 0 } = await ask(api.particle(cid));
  const decoder = new TextDecoder();
  for (let at = 0; at < size;) {
    const piece = await ask(
      api.content(cid, at, Math.min(CHUNK_OCTETS, size - at)),
    );
    if (piece.length === 0) break;
    at += piece.length;
    context.host.out(decoder.decode(piece, { stream: at < size }));
  }
  return EXIT.ok;
}
