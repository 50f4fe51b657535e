/** Links as of a height, with the texts and the focus that their ends have now. */
import { Effect } from "effect";
import type { Answers } from "../../wit/gen/query_answers.ts";
import type { Link, Reads } from "../../wit/gen/graph_reads.ts";
import type { Stretch, Views } from "../../wit/gen/graph_views.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import { toHex } from "../../kernel/crypto/mod.ts";
import type { Answer, Brief, NodeApi, Refusal } from "../api.ts";
import type { LinksAtPage } from "../api_views.ts";
import { axonIdentity } from "../signals/mod.ts";
import { identityOctets, plain } from "./answers.ts";
import { present } from "./calls.ts";
import { cursorOf, heightAsked } from "./heights.ts";
import { idOf } from "./names.ts";

interface Parts {
  readonly views: Connected<Views>;
  readonly reads: Connected<Reads>;
  readonly query: Connected<Answers>;
}

/** Characters of an end's text. */
const TEXT_MAX = 256;

export function pastLinksOver(
  parts: Parts,
): Pick<NodeApi, "linksAt" | "linksOf"> {
  return {
    linksAt: (cid, side, { limit, cursor }, at) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(cid);
        const height = yield* heightAsked(parts.reads, at);
        const from = yield* cursorOf(cursor);
        const number = yield* present(parts.reads.find(id));
        const stretch = number === undefined
          ? { links: [], next: undefined }
          : yield* present(
            parts.views.linksAt(
              number,
              side === "in" ? "inward" : "outward",
              height,
              from,
              limit,
            ),
          );
        return yield* pageOf(parts, stretch, height);
      }),
    linksOf: (neuron, { limit, cursor }, at) =>
      Effect.gen(function* () {
        const id = yield* identityOctets(neuron);
        const height = yield* heightAsked(parts.reads, at);
        const from = yield* cursorOf(cursor);
        const stretch = yield* present(
          parts.views.linksOf(id, height, from, limit),
        );
        return yield* pageOf(parts, stretch, height);
      }),
  };
}

const pageOf = Effect.fnUntraced(function* (
  parts: Parts,
  { links, next }: Stretch,
  height: bigint,
): Effect.fn.Return<LinksAtPage, Refusal> {
  const briefs = new Map<number, Brief>();
  for (const number of new Set(links.flatMap(endsOf))) {
    briefs.set(number, yield* briefOf(parts, number));
  }
  const at = (number: number): Brief =>
    briefs.get(number) ?? { cid: "", focus: 0 };
  return {
    at: Number(height),
    links: links.map((link) => {
      const [from, to] = [at(link.origin), at(link.target)];
      const ends = [from, to].map(({ cid }) => Uint8Array.fromHex(cid));
      const [a = new Uint8Array(), b = new Uint8Array()] = ends;
      return {
        index: Number(link.index),
        neuron: toHex(link.neuron),
        from,
        to,
        axon: toHex(axonIdentity(a, b)),
        token: toHex(link.token),
        amount: Number(link.amount),
        valence: link.valence,
        height: Number(link.height),
      };
    }),
    next: next?.toString(),
  };
});

function endsOf({ origin, target }: Link): number[] {
  return [origin, target];
}

function briefOf(parts: Parts, number: number): Answer<Brief> {
  return Effect.gen(function* () {
    const id = yield* idOf(parts, number);
    const { text, focus } = yield* plain(parts.query.particle(id));
    const cid = toHex(id);
    if (text === undefined) return { cid, focus };
    return { cid, text: [...text].slice(0, TEXT_MAX).join(""), focus };
  });
}
