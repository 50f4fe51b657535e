/**
 * `audit`: verifies the audit log of a data directory, and shows its end.
 *
 * Works on the files, with or without a running node.
 */
import { ask, type Command, EXIT } from "../command.ts";
import { count } from "../words.ts";

const LAST = 20;
const LAST_MAX = 1_000_000;

export const audit: Command = {
  name: "audit",
  about: "verify the audit log, and show its last records",
  usage: "[--last N]",
  details: "Exit code 1 where a record was changed, dropped, moved or cut " +
    "off.\nNote the head elsewhere: it names the whole log.",
  options: {
    last: {
      type: "string",
      value: "N",
      about: `records to show (default ${LAST})`,
    },
  },
  takes: [0, 0],
  async run(context) {
    const last = context.integer("last", {
      minimum: 0,
      maximum: LAST_MAX,
      otherwise: LAST,
    });
    const report = await ask(context.composition.audit(context.data, last));
    context.print(report, () => {
      for (const { line } of report.last) context.line(line);
      context.line(
        `${count(report.records)} records, none changed; head ${report.head}`,
      );
      if (report.noted === undefined) {
        context.note("no head was kept beside it: its end cannot be checked");
      }
      if (report.torn_octets > 0) {
        context.note(
          `${report.torn_octets} octets behind them are of a record that was ` +
            "being written",
        );
      }
    });
    return EXIT.ok;
  },
};
