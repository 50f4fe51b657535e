/**
 * `propose`, `sign`, `submit`: a cell is changed by a signed document only.
 *
 * A proposal is a file that governors pass on; only `submit` talks to a node.
 */
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import type { ProposalFile, ProposeRequest } from "../composition.ts";
import { microseconds, whenText } from "../words.ts";
import { ACTIVATION_OPTIONS, activationOf } from "./activation.ts";
import { showDryRun, titleOf } from "./dry_run.ts";
import { read, write } from "./files.ts";

/** What `submit` takes beside the proposal. */
const FILES: Readonly<Record<string, string>> = {
  "swap": "COMPONENT.wasm [ENTRY.json] [REPORT]",
  "load": "COMPONENT.wasm ENTRY.json [REPORT]",
  "set-policy": "POLICY.json",
};

const HOUR_MS = 60 * 60 * 1000;

const LIMITS = {
  "budget-ms": "budgetMs",
  "call-ms": "callMs",
  "step-ms": "stepMs",
  "start-ms": "startMs",
} as const;

export const propose: Command = {
  name: "propose",
  about: "write a proposal, which governors sign and a node executes",
  usage: "[ACTION] CELL … --out FILE [options]",
  details: [
    "propose CELL COMPONENT.wasm            swap the cell's component",
    "propose CELL COMPONENT.wasm ENTRY.json and its whole entry: grants, budget",
    "propose load CELL COMPONENT.wasm ENTRY.json",
    "                                       a new cell; its entry as in the",
    "                                       system file, without component",
    "propose unload CELL                    stop the cell",
    "propose set-budget CELL --budget-ms N  and --class, --call-ms, --step-ms,",
    "                                       --start-ms; what is absent stays",
    "propose grant CELL CONTRACT PROVIDER   kernel, none, driver:NAME or cell:NAME",
    "propose revoke CELL CONTRACT",
    "propose set-policy POLICY.json         see keys policy --governor",
    "propose withdraw ID                    take back one that waits, see",
    "                                       proposals --pending",
  ].join("\n"),
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
      about: "valid for so many hours (default a week), from --at on",
    },
    ...ACTIVATION_OPTIONS,
    report: {
      type: "string",
      value: "FILE",
      about:
        "swap, load: a signed report about the driver, of conform --attest",
    },
    class: { type: "string", value: "CLASS", about: "hard or soft" },
    "budget-ms": { type: "string", value: "N", about: "time per epoch" },
    "call-ms": { type: "string", value: "N", about: "longest call" },
    "step-ms": { type: "string", value: "N", about: "longest step" },
    "start-ms": { type: "string", value: "N", about: "longest start" },
  },
  takes: [1, 4],
  async run(context) {
    const hours = context.integer("hours", {
      minimum: 1,
      maximum: 24 * 365,
      otherwise: 0,
    });
    const asked = await askedFor(context);
    const report = context.text("report");
    if (report !== undefined && asked.component === undefined) {
      throw new UsageError(`propose ${asked.action} takes no --report`);
    }
    const made = await ask(context.composition.governance.propose(
      context.data,
      {
        ...asked,
        ...(report === undefined
          ? {}
          : { report: await read(context, report) }),
        note: context.text("note"),
        replaces: context.text("replaces"),
        downgrade: context.flag("downgrade"),
        ...(hours === 0 ? {} : { valid_for_ms: hours * HOUR_MS }),
        ...activationOf(context),
      },
    ));
    const named = asked.cell || FILE_NAMES[asked.action] || "policy";
    const out = context.text("out") ?? `${named}.proposal.json`;
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

type AskedFor = Omit<
  ProposeRequest,
  | "note"
  | "replaces"
  | "downgrade"
  | "valid_for_ms"
  | "activate_at_ms"
  | "activate_at_height"
>;

/** What a proposal's file is named after where there is no cell. */
const FILE_NAMES: Readonly<Partial<Record<ProposeRequest["action"], string>>> =
  { "set-policy": "policy", "withdraw": "withdraw" };

/** How many words follow each action. */
const WORDS: Readonly<Record<ProposeRequest["action"], number>> = {
  "swap": 2,
  "load": 3,
  "unload": 1,
  "set-budget": 1,
  "grant": 3,
  "revoke": 2,
  "set-policy": 1,
  "withdraw": 1,
};

async function askedFor(context: Context): Promise<AskedFor> {
  const [first = ""] = context.args;
  const named = Object.hasOwn(WORDS, first);
  const action = named ? first as ProposeRequest["action"] : "swap";
  const [one = "", two = "", three = ""] = context.args.slice(named ? 1 : 0);
  const hasEntry = action === "swap" && three !== "";
  const wanted = WORDS[action] + (hasEntry ? 1 : 0);
  if (context.args.length !== wanted + (named ? 1 : 0)) {
    throw new UsageError(
      `propose ${action} takes ${WORDS[action]} arguments`,
      "see propose --help",
    );
  }
  switch (action) {
    case "swap":
      return {
        action,
        cell: one,
        component: await read(context, two),
        ...(hasEntry ? { manifest: await read(context, three) } : {}),
      };
    case "load":
      return {
        action,
        cell: one,
        component: await read(context, two),
        manifest: await read(context, three),
      };
    case "unload":
      return { action, cell: one };
    case "set-budget":
      return { action, cell: one, budget: budgetOf(context) };
    case "grant":
      return { action, cell: one, contract: two, provider: three };
    case "revoke":
      return { action, cell: one, contract: two };
    case "set-policy": {
      const policy = new TextDecoder().decode(await read(context, one));
      return { action, cell: "", policy };
    }
    case "withdraw":
      return { action, cell: "", proposal: one };
  }
}

function budgetOf(context: Context): NonNullable<ProposeRequest["budget"]> {
  const kind = context.text("class");
  if (kind !== undefined && kind !== "hard" && kind !== "soft") {
    throw new UsageError("--class must be hard or soft");
  }
  const bounds = { minimum: 0, maximum: 2 ** 32 - 1, otherwise: 0 };
  const limits = Object.entries(LIMITS).flatMap(([option, name]) =>
    context.text(option) === undefined
      ? []
      : [[name, context.integer(option, bounds)]]
  );
  if (kind === undefined && limits.length === 0) {
    throw new UsageError(
      "propose set-budget changes nothing",
      "say what: --budget-ms, --class, --call-ms, --step-ms or --start-ms",
    );
  }
  return {
    ...(kind === undefined ? {} : { class: kind }),
    ...Object.fromEntries(limits),
  };
}

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
      context.note(
        `next: deno run kernel submit ${out} ${FILES[signed.action] ?? ""}`
          .trim(),
      );
    });
    return EXIT.ok;
  },
};

export const submit: Command = {
  name: "submit",
  about: "hand a signed proposal to the node, or see what it would change",
  usage: "FILE [COMPONENT.wasm [ENTRY.json] | POLICY.json] [--dry-run]",
  options: {
    "dry-run": {
      type: "boolean",
      about: "print what would change; signatures may be missing",
    },
  },
  takes: [1, 3],
  async run(context) {
    const file = await read(context, context.arg(0));
    const text = new TextDecoder().decode(file);
    const files: Uint8Array[] = [];
    for (const path of context.args.slice(1)) {
      files.push(await read(context, path));
    }
    const { governance } = context.composition;
    const attachment = await ask(governance.attachment(text, files));
    return await context.withNode(async (api) => {
      if (context.flag("dry-run")) {
        const dry = await ask(api.dryRun(text, attachment));
        context.print(dry, () => showDryRun(context, dry));
        return dry.refusals.length === 0 ? EXIT.ok : EXIT.refused;
      }
      const report = await ask(api.propose(text, attachment));
      context.print(report, () => {
        context.line(`${titleOf(report)}: ${report.state}`);
        context.line(`  proposal   ${report.id}`);
        if (report.component !== "") {
          context.line(`  component  ${report.component}`);
        }
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
  context.line(titleOf(file));
  context.line(`  proposal   ${file.id}`);
  if (file.component !== "") context.line(`  component  ${file.component}`);
  for (const fact of file.asks) context.line(`  asks       ${fact}`);
  context.line(`  executed   ${whenText(file.activation)}`);
  context.line(`  expires    ${file.expires}`);
  if (file.note !== "") context.line(`  note       ${file.note}`);
  const needed = file.threshold === undefined ? "" : ` of ${file.threshold}`;
  context.line(`  signatures ${file.signatures.length}${needed}`);
  for (const { governor, verdict } of file.signatures) {
    context.line(`    ${governor}  ${verdict}`);
  }
}
