/** `proposals`: what the node accepted, waits for and did. */
import type { ProposalReport } from "../../api.ts";
import { ask, type Command, type Context, EXIT } from "../command.ts";
import type { Column } from "../table.ts";
import { microseconds, short, whenText } from "../words.ts";
import { titleOf } from "./dry_run.ts";

const WAITS = "scheduled";

const COLUMNS: ReadonlyArray<Column<ProposalReport>> = [
  { title: "proposal", value: ({ id }) => short(id) },
  { title: "asks for", flex: 12, value: titleOf },
  { title: "state", value: ({ state }) => state },
  { title: "executed", flex: 12, value: (one) => whenText(one.activation) },
  { title: "expires", spare: 2, value: ({ expires }) => expires },
  {
    title: "signed",
    right: true,
    spare: 3,
    value: (one) => `${one.signers.length}/${one.threshold}`,
  },
];

export const proposals: Command = {
  name: "proposals",
  about: "what was proposed and accepted, and what waits for its time",
  usage: "[ID] [--pending]",
  details: "Those that wait first, in the order of their turns; then the " +
    "newest.\nWith an identity: all about that one.",
  options: {
    pending: { type: "boolean", about: "only those that wait" },
  },
  takes: [0, 1],
  async run(context) {
    const id = context.arg(0);
    return await context.withNode(async (api) => {
      if (id !== "") {
        const one = await ask(api.proposal(id));
        context.print(one, () => showOne(context, one));
        return EXIT.ok;
      }
      const all = await ask(api.proposals());
      const pending = context.flag("pending");
      const shown = pending ? all.filter(({ state }) => state === WAITS) : all;
      context.print(shown, () => {
        if (shown.length === 0) {
          return context.line(
            pending ? "nothing waits" : "nothing was accepted yet",
          );
        }
        for (const line of context.table(COLUMNS, shown)) context.line(line);
        if (shown.some(({ state }) => state === WAITS)) {
          context.note(
            "one that waits is taken back by: propose withdraw ID " +
              "(--json shows the whole ID)",
          );
        }
      });
      return EXIT.ok;
    });
  },
};

function showOne(context: Context, one: ProposalReport): void {
  context.line(`${titleOf(one)}: ${one.state}`);
  context.line(`  proposal   ${one.id}`);
  if (one.component !== "") context.line(`  component  ${one.component}`);
  context.line(`  executed   ${whenText(one.activation)}`);
  context.line(`  expires    ${one.expires}`);
  context.line(`  signed by  ${one.signers.length} of ${one.threshold} needed`);
  for (const signer of one.signers) context.line(`    ${signer}`);
  if (one.pause_ms !== undefined) {
    context.line(`  pause      ${microseconds(one.pause_ms * 1000)}`);
  }
  if (one.withdraws !== undefined) {
    context.line(`  takes back ${one.withdraws}`);
  }
  if (one.detail !== undefined) context.line(`  detail     ${one.detail}`);
  if (one.note !== "") context.line(`  note       ${one.note}`);
}
