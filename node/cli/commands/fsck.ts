/**
 * `fsck` and `rebuild`: whether the store holds what it says, by its log alone.
 */
import type { Answer } from "../../api.ts";
import { ask, type Command, type Context, EXIT } from "../command.ts";
import type { StoreReport } from "../composition.ts";
import { count, octets } from "../words.ts";

const DETAILS = "Needs that no node runs on the data directory.\n" +
  "Exit code 1: the log is damaged, and where; or the two do not agree.";

export const fsck: Command = {
  name: "fsck",
  about: "read the whole log, compare with what a start reads",
  usage: "",
  details: `Checks every record, signal and content of the log, then opens ` +
    `the store as\na start does; both must come to one state root.\n${DETAILS}`,
  options: {},
  takes: [0, 0],
  run: (context) => report(context, context.composition.fsck),
};

export const rebuild: Command = {
  name: "rebuild",
  about: "make a new checkpoint from the log alone",
  usage: "",
  details: `As fsck, and the next start reads a checkpoint that was made ` +
    `anew.\n${DETAILS}`,
  options: {},
  takes: [0, 0],
  run: (context) => report(context, context.composition.rebuild),
};

async function report(
  context: Context,
  check: (
    data: string,
    progress: (text: string) => void,
  ) => Answer<StoreReport>,
): Promise<number> {
  let last = "";
  const { log, start } = await ask(check(context.data, (text) => {
    if (!context.json && text !== last) context.note(`  ${text}`);
    last = text;
  }));
  context.print({ log, start }, () => {
    const field = (name: string, value: string) =>
      context.line(`${context.dim(name.padEnd(12))}${value}`);
    field("root", log.root);
    field("height", count(log.height));
    field(
      "holds",
      `${count(log.links)} links, ${count(log.particles)} particles, ` +
        `${count(log.contents)} contents in ${octets(log.octets)}`,
    );
    field(
      "checkpoint",
      start.checkpoint === undefined
        ? "none was read"
        : `${count(start.checkpoint)} signals`,
    );
    for (const warning of new Set([...log.warnings, ...start.warnings])) {
      field("warning", warning);
    }
  });
  return EXIT.ok;
}
