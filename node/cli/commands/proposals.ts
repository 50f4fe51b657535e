/**
 * `propose`, `sign`, `submit`: a cell is swapped by a signed document only.
 *
 * A proposal is a file that governors pass on; only `submit` talks to a node.
 */
import { ask, type Command, type Context, EXIT } from "../command.ts";
import type { ProposalFile } from "../composition.ts";
import { microseconds } from "../words.ts";
import { read, write } from "./files.ts";

const HOUR_MS = 60 * 60 * 1000;

export const propose: Command = {
  name: "propose",
  about: "write a proposal to swap a cell for another component",
  usage: "CELL COMPONENT.wasm --out FILE [options]",
  options: {
    out: {
      type: "string",
      value: "FILE",
      about: "where it goes (default CELL.proposal.json)",
    },
    note: { type: "string", value: "TEXT", about: "why, for the governors" },
    replaces: {
      type: "string",
      value: "HASH",
      about: "only if this component is running",
    },
    downgrade: { type: "boolean", about: "allow an older version" },
    hours: {
      type: "string",
      value: "N",
      about: "valid for so many hours (default a week)",
    },
  },
  takes: [2, 2],
  async run(context) {
    const hours = context.integer("hours", {
      minimum: 1,
      maximum: 24 * 365,
      otherwise: 0,
    });
    const component = await read(context, context.arg(1));
    const made = await ask(context.composition.governance.propose(
      context.data,
      {
        cell: context.arg(0),
        component,
        note: context.text("note"),
        replaces: context.text("replaces"),
        downgrade: context.flag("downgrade"),
        ...(hours === 0 ? {} : { valid_for_ms: hours * HOUR_MS }),
      },
    ));
    const out = context.text("out") ?? `${context.arg(0)}.proposal.json`;
    await write(context, out, made.text);
    context.print({ ...made, file: out }, () => {
      show(context, made);
      context.note(
        `written to ${out}; next: deno run kernel sign ${out} --key NAME`,
      );
    });
    return EXIT.ok;
  },
};

export const sign: Command = {
  name: "sign",
  about: "add a governor's signature to a proposal",
  usage: "FILE --key NAME [--out FILE]",
  options: {
    key: {
      type: "string",
      value: "NAME",
      about: "the governor's key (default identity)",
    },
    out: { type: "string", value: "FILE", about: "default: the same file" },
  },
  takes: [1, 1],
  async run(context) {
    const file = context.arg(0);
    const text = new TextDecoder().decode(await read(context, file));
    const signed = await ask(context.composition.governance.sign(
      context.data,
      text,
      context.text("key") ?? "identity",
    ));
    const out = context.text("out") ?? file;
    await write(context, out, signed.text);
    context.print({ ...signed, file: out }, () => {
      show(context, signed);
      context.note(`next: deno run kernel submit ${out} COMPONENT.wasm`);
    });
    return EXIT.ok;
  },
};

export const submit: Command = {
  name: "submit",
  about: "hand a signed proposal and its component to the node",
  usage: "FILE COMPONENT.wasm",
  options: {},
  takes: [2, 2],
  async run(context) {
    const file = await read(context, context.arg(0));
    const text = new TextDecoder().decode(file);
    const component = await read(context, context.arg(1));
    return await context.withNode(async (api) => {
      const report = await ask(api.propose(text, component));
      context.print(report, () => {
        context.line(`${report.action} of ${report.cell}: ${report.state}`);
        context.line(`  proposal   ${report.id}`);
        context.line(`  component  ${report.component}`);
        context.line(
          `  signed by  ${report.signers.length} of ${report.threshold} needed`,
        );
        if (report.pause_ms !== undefined) {
          context.line(`  pause      ${microseconds(report.pause_ms * 1000)}`);
        }
        if (report.detail !== undefined) {
          context.line(`  detail     ${report.detail}`);
        }
      });
      return EXIT.ok;
    });
  },
};

function show(context: Context, file: ProposalFile): void {
  context.line(`${file.action} of ${file.cell}`);
  context.line(`  proposal   ${file.id}`);
  context.line(`  component  ${file.component}`);
  context.line(`  expires    ${file.expires}`);
  if (file.note !== "") context.line(`  note       ${file.note}`);
  const needed = file.threshold === undefined ? "" : ` of ${file.threshold}`;
  context.line(`  signatures ${file.signatures.length}${needed}`);
  for (const { governor, verdict } of file.signatures) {
    context.line(`    ${governor}  ${verdict}`);
  }
}
