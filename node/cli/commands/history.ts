/**
 * `history`: a particle's focus in the confirmed ranks of before.
 */
import type { Moment } from "../../api.ts";
import { ask, type Command, EXIT } from "../command.ts";
import type { Column } from "../table.ts";
import { count, many, seconds, share } from "../words.ts";
import { cidOf } from "./ends.ts";

const MOMENTS_MAX = 32;
const LEVELS = "▁▂▃▄▅▆▇█";

const COLUMNS: ReadonlyArray<Column<Moment>> = [
  { title: "height", right: true, value: ({ height }) => count(height) },
  { title: "focus", right: true, value: ({ focus }) => share(focus) },
  {
    title: "links",
    right: true,
    spare: 1,
    value: ({ links }) => count(links),
  },
  {
    title: "particles",
    right: true,
    spare: 2,
    value: ({ particles }) => count(particles),
  },
  {
    title: "age",
    right: true,
    spare: 3,
    value: ({ age_ms }) => seconds(age_ms / 1000),
  },
];

export const history: Command = {
  name: "history",
  about: "a particle's focus by height, in the confirmed ranks of before",
  usage: "CID|TEXT [--limit N]",
  options: {
    limit: {
      type: "string",
      value: "N",
      about: "1 to 32, newest first (default 32)",
    },
  },
  takes: [1, 1],
  run(context) {
    const limit = context.integer("limit", {
      minimum: 1,
      maximum: MOMENTS_MAX,
      otherwise: MOMENTS_MAX,
    });
    return context.withNode(async (api) => {
      const cid = await cidOf(api, context.arg(0));
      const moments = await ask(api.history(cid, limit));
      context.print({ cid, moments }, () => {
        for (const line of context.table(COLUMNS, moments)) context.line(line);
        context.note(
          moments.length === 0
            ? "no confirmed ranks are kept yet"
            : `${line(moments)}  ${many(moments.length, "confirmed rank")}, ` +
              "from 0 to the highest",
        );
      });
      return EXIT.ok;
    });
  },
};

/** Oldest first, one block each. */
function line(moments: ReadonlyArray<Moment>): string {
  const most = Math.max(...moments.map(({ focus }) => focus));
  const level = (focus: number) =>
    most > 0 ? Math.round(focus / most * (LEVELS.length - 1)) : 0;
  return moments.toReversed().map(({ focus }) => LEVELS[level(focus)]).join("");
}
