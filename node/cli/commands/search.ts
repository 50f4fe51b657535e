/**
 * `search` and `top`: particles as lists.
 */
import { Effect } from "effect";
import type { Brief, NodeApi } from "../../api.ts";
import type { KarmaReport } from "../../api_measures.ts";
import { ask, type Command, type Context, EXIT } from "../command.ts";
import type { Column } from "../table.ts";
import { count, many, seconds, share } from "../words.ts";
import { cidOf, sourcesOf } from "./ends.ts";
import { EARNERS as EARNER_COLUMNS } from "./measures.ts";

/** Neurons that are shown beside the particles. */
const EARNERS = 5;

function briefColumns<Row extends Brief>(): ReadonlyArray<Column<Row>> {
  return [
    { title: "focus", right: true, value: ({ focus }) => share(focus) },
    {
      title: "text",
      flex: 16,
      value: ({ text, cid }) => text ?? `(no text) ${cid}`,
    },
    { title: "cid", flex: 14, spare: 1, value: ({ cid }) => cid },
  ];
}

export const search: Command = {
  name: "search",
  about: "find particles by their words",
  usage: "TEXT… [--limit N]",
  options: {
    limit: { type: "string", value: "N", about: "1 to 100 (default 20)" },
  },
  takes: [1, 16],
  run(context) {
    const limit = context.integer("limit", {
      minimum: 1,
      maximum: 100,
      otherwise: 20,
    });
    return context.withNode(async (api) => {
      const found = await ask(api.search(context.args.join(" "), limit));
      context.print(found, () => {
        if (found.items.length > 0) {
          const lines = context.table(briefColumns(), found.items);
          for (const line of lines) context.line(line);
        }
        const waiting = found.pending === 0
          ? ""
          : `, ${many(found.pending, "content")} not yet in the index`;
        const matches = found.matches === 1
          ? "1 match"
          : `${count(found.matches)} matches`;
        context.note(matches + waiting);
      });
      return EXIT.ok;
    });
  },
};

export const top: Command = {
  name: "top",
  about: "the particles with the highest focus",
  usage: "[--limit N] [--from CID|TEXT]…",
  details:
    "--from, up to 16 times, asks for the focus from these particles: diffusion\n" +
    "returns to them, and springs are anchored in them.",
  options: {
    limit: { type: "string", value: "N", about: "1 to 1000 (default 20)" },
    karma: {
      type: "string",
      value: "N",
      about: "neurons whose links earned most, 0 to 1000 (default 5)",
    },
    from: {
      type: "string",
      value: "CID|TEXT",
      multiple: true,
      about: "a particle that the focus is from",
    },
  },
  takes: [0, 0],
  run(context) {
    const limit = context.integer("limit", {
      minimum: 1,
      maximum: 1000,
      otherwise: 20,
    });
    const earners = context.integer("karma", {
      minimum: 0,
      maximum: 1000,
      otherwise: EARNERS,
    });
    const from = sourcesOf(context);
    if (from.length > 0) return focusFrom(context, from, limit);
    return context.withNode(async (api) => {
      const items = await ask(api.top(limit));
      const status = await ask(api.rankStatus());
      const karma = await karmaOf(api, earners);
      context.print({ status, items, karma }, () => {
        const lines = context.table(briefColumns(), items);
        for (const line of lines) context.line(line);
        if (karma !== undefined && karma.items.length > 0) {
          context.line();
          for (const line of context.table(EARNER_COLUMNS, karma.items)) {
            context.line(line);
          }
        }
        const age = seconds(status.age_ms / 1000);
        context.note(
          status.version === 0
            ? "no ranks are published yet"
            : `ranks of ${many(status.particles, "particle")} and ` +
              `${many(status.links, "link")}, ${age} old, ` +
              `within ${status.bound.toExponential(1)} of the fixed point` +
              (status.stale
                ? ": the last good ones, the rank cell does not answer"
                : status.computing
                ? ", newer ones are being computed"
                : "") +
              (status.detail === undefined ? "" : `; ${status.detail}`),
        );
      });
      return EXIT.ok;
    });
  },
};

/** What neurons have earned; nothing until a rank is confirmed, or where nobody asks for it. */
async function karmaOf(
  api: NodeApi,
  limit: number,
): Promise<KarmaReport | undefined> {
  if (limit === 0) return undefined;
  return await ask(
    Effect.catch(
      api.karma(limit),
      (refusal) =>
        refusal.kind === "unavailable"
          ? Effect.succeed(undefined)
          : Effect.fail(refusal),
    ),
  );
}

function focusFrom(
  context: Context,
  from: ReadonlyArray<string>,
  limit: number,
): Promise<number> {
  return context.withNode(async (api) => {
    const cids: string[] = [];
    for (const one of from) cids.push(await cidOf(api, one));
    const found = await ask(api.focusFrom(cids, limit));
    context.print(found, () => {
      const lines = context.table(briefColumns(), found.items);
      for (const line of lines) context.line(line);
      const names = found.from.map(({ text, cid }) => text ?? cid);
      context.note(
        `focus from ${names.join(", ")}: ` +
          `${many(found.particles, "particle")}, ` +
          `${many(found.links, "link")} of the record, ` +
          `${many(found.rounds, "round")}, the last one changed ` +
          found.residual.toExponential(1),
      );
    });
    return EXIT.ok;
  });
}
