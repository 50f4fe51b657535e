/**
 * `evidence`: neurons that signed two signals of one step. What shows it is
 * checked here, from its octets alone.
 */
import { Effect, Result } from "effect";
import { platformComposite } from "../../../kernel/crypto/mod.ts";
import type { EvidenceReport } from "../../api_views.ts";
import { Refusal } from "../../api.ts";
import {
  decodePair,
  NoEvidence,
  showsEquivocation,
} from "../../evidence/mod.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import type { Column } from "../table.ts";
import { count, many } from "../words.ts";
import { read, writeOctets } from "./files.ts";
import { limitOption } from "./names.ts";

const COLUMNS: ReadonlyArray<Column<EvidenceReport>> = [
  { title: "step", right: true, value: ({ step }) => count(step) },
  { title: "neuron", flex: 14, value: ({ neuron }) => neuron },
  {
    title: "octets",
    right: true,
    spare: 1,
    value: ({ octets }) => count(octets),
  },
];

export const evidence: Command = {
  name: "evidence",
  about:
    "neurons that signed two signals of one step; kept, checked, handed in",
  usage: "[ID --out FILE] | check FILE | submit FILE",
  details: "Without arguments: what this node keeps. check needs no node and " +
    "believes nobody: key bundle and both signatures are in the file.",
  options: {
    out: { type: "string", value: "FILE", about: "keep the pair's octets" },
    limit: {
      type: "string",
      value: "N",
      about: "1 to 1000 (default 100)",
    },
  },
  takes: [0, 2],
  run(context) {
    const [first, file] = context.args;
    if (first === undefined) return list(context);
    if (first === "check" || first === "submit") {
      if (file === undefined) {
        throw new UsageError(
          `evidence ${first} needs a file`,
          `usage: karyon evidence ${first} FILE`,
        );
      }
      return first === "check" ? check(context, file) : submit(context, file);
    }
    if (file !== undefined) throw new UsageError("too many arguments");
    return keep(context, first);
  },
};

function list(context: Context): Promise<number> {
  const limit = limitOption(context);
  return context.withNode(async (api) => {
    const found = await ask(api.evidence({ limit }));
    context.print(found, () => {
      for (const line of context.table(COLUMNS, found.items)) {
        context.line(line);
      }
      context.note(many(found.items.length, "pair"));
    });
    return EXIT.ok;
  });
}

function keep(context: Context, id: string): Promise<number> {
  const out = context.text("out");
  if (out === undefined) {
    throw new UsageError(
      "a pair is octets: name the file to keep it in",
      "evidence ID --out FILE",
    );
  }
  return context.withNode(async (api) => {
    const octets = await ask(api.evidenceOctets(id));
    const shown = await shownBy(octets);
    await writeOctets(context, out, octets);
    report(context, shown, octets.length);
    return EXIT.ok;
  });
}

async function check(context: Context, file: string): Promise<number> {
  const octets = await read(context, file);
  report(context, await shownBy(octets), octets.length);
  return EXIT.ok;
}

async function submit(context: Context, file: string): Promise<number> {
  const octets = await read(context, file);
  return await context.withNode(async (api) => {
    const kept = await ask(api.submitEvidence(octets));
    context.print(kept, () => context.line(`kept as ${kept.id}`));
    return EXIT.ok;
  });
}

async function shownBy(octets: Uint8Array) {
  const pair = decodePair(octets);
  if (Result.isFailure(pair)) throw nothing(pair.failure);
  const composite = await platformComposite();
  return await ask(
    showsEquivocation(composite, pair.success).pipe(Effect.mapError(nothing)),
  );
}

function nothing(error: NoEvidence): Refusal {
  return new Refusal({
    kind: "failed",
    message: `it shows nothing: ${error.message}`,
    fix: "evidence ID --out FILE of a node that has it gives such a file",
  });
}

function report(
  context: Context,
  { id, neuron, step, signals }: Awaited<ReturnType<typeof shownBy>>,
  octets: number,
): void {
  const shown = { id, neuron, step: Number(step), signals, octets };
  context.print(shown, () => {
    const field = (name: string, value: string) =>
      context.line(`${context.dim(name.padEnd(9))}${value}`);
    field("neuron", neuron);
    field("step", count(shown.step));
    for (const signal of signals) field("signed", signal);
  });
}
