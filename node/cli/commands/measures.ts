/**
 * `karma`, `finality` and `spectrum`: what follows from the published focus.
 */
import type { Earner, FinalityReport, Position } from "../../api_measures.ts";
import { ask, type Command, EXIT, UsageError } from "../command.ts";
import type { Column } from "../table.ts";
import { count, many, seconds, share } from "../words.ts";
import { cidOf, endOf } from "./ends.ts";

const POSITIONS_MAX = 16;
const RIVALS_MAX = 64;

export const EARNERS: ReadonlyArray<Column<Earner>> = [
  { title: "karma", right: true, value: ({ karma }) => share(karma) },
  { title: "neuron", flex: 14, value: ({ neuron }) => neuron },
];

export const karma: Command = {
  name: "karma",
  about: "what the links of each neuron have earned",
  usage: "[NEURON] [--limit N]",
  details:
    "A link earns the part of its origin's focus that diffusion carries over it,\n" +
    "in the last confirmed rank. NEURON is an identity.",
  options: {
    limit: { type: "string", value: "N", about: "1 to 1000 (default 20)" },
  },
  takes: [0, 1],
  run(context) {
    const limit = context.integer("limit", {
      minimum: 1,
      maximum: 1000,
      otherwise: 20,
    });
    const given = context.args[0];
    const end = given === undefined ? undefined : endOf(given);
    if (end !== undefined && !("cid" in end)) {
      throw new UsageError(
        `not a neuron: ${given}`,
        "a neuron is 01 and 64 lower-case hexadecimal digits",
      );
    }
    return context.withNode(async (api) => {
      const found = await ask(api.karma(limit, end?.cid));
      context.print(found, () => {
        const rows = found.of === undefined ? found.items : [found.of];
        for (const line of context.table(EARNERS, rows)) context.line(line);
        context.note(
          `${many(found.neurons, "neuron")}, ${share(found.total)} earned ` +
            `together; ${many(found.links, "link")}, ` +
            `${seconds(found.age_ms / 1000)} old`,
        );
      });
      return EXIT.ok;
    });
  },
};

export const finality: Command = {
  name: "finality",
  about: "where a particle stands among those that it is in conflict with",
  usage: "CID|TEXT (--in CID|TEXT | --among CID|TEXT…) [--k K]",
  details: "Reported, not a vote: final is a focus above mean + K deviations.",
  options: {
    in: {
      type: "string",
      value: "CID|TEXT",
      about: "all that axons lead to from it are rivals",
    },
    among: {
      type: "string",
      value: "CID|TEXT",
      multiple: true,
      about: "a rival; up to 64 times",
    },
    k: { type: "string", value: "K", about: "1 to 2 (default 1.5)" },
  },
  takes: [1, 1],
  run(context) {
    const within = context.text("in");
    const among = context.texts("among");
    if ((within === undefined) === (among.length === 0)) {
      throw new UsageError("whom is it in conflict with?", "--in or --among");
    }
    if (among.length > RIVALS_MAX) {
      throw new UsageError(`${among.length} rivals`, `at most ${RIVALS_MAX}`);
    }
    const k = Number(context.text("k") ?? "1.5");
    if (!(k >= 1 && k <= 2)) {
      throw new UsageError("--k is a number from 1 to 2", "such as --k 1.5");
    }
    return context.withNode(async (api) => {
      const cid = await cidOf(api, context.arg(0));
      const conflict = within === undefined
        ? { among: await Promise.all(among.map((one) => cidOf(api, one))) }
        : { in: await cidOf(api, within) };
      const found = await ask(api.finality(cid, conflict, k));
      context.print(found, () => context.line(sentence(found)));
      return EXIT.ok;
    });
  },
};

function sentence(
  { final, focus, mean, score, score_max, k, members, unranked }:
    FinalityReport,
): string {
  const others = unranked > 0 ? `, ${count(unranked)} without a focus` : "";
  return `${final ? "final" : "not final"}: focus ${share(focus)}, mean ` +
    `${share(mean)} of ${count(members)}${others}; ${score.toFixed(3)} ` +
    `deviations above it, ${k} asked for, ${score_max.toFixed(3)} possible`;
}

const POSITIONS: ReadonlyArray<Column<Position>> = [
  {
    title: "position",
    right: true,
    value: ({ position }) => position.toExponential(6),
  },
  { title: "cid", flex: 14, value: ({ cid }) => cid },
];

export const spectrum: Command = {
  name: "spectrum",
  about: "how fast ranks come to rest, and where particles lie in that",
  usage: "[CID|TEXT…]",
  details:
    "The rate is the ratio of successive changes of plain rounds; a position is a\n" +
    "particle's part of the last change, as far as its direction stands still.",
  options: {},
  takes: [0, POSITIONS_MAX],
  run(context) {
    return context.withNode(async (api) => {
      const of = await Promise.all(
        context.args.map((one) => cidOf(api, one)),
      );
      const found = await ask(api.spectrum(of));
      context.print(found, () => {
        const lines = context.table(POSITIONS, found.positions);
        if (of.length > 0) { for (const line of lines) context.line(line); }
        context.note(
          `rate ${found.rate.toFixed(6)} ± ${found.spread.toExponential(1)} ` +
            `after ${many(found.rounds, "round")}; the direction still turns ` +
            `by ${found.drift.toExponential(1)} a round`,
        );
      });
      return EXIT.ok;
    });
  },
};
