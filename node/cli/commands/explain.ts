/**
 * `explain`: where a particle's focus comes from; and the same, computed again.
 */
import { Result, Schema } from "effect";
import type { Contribution, Earned, Earning, Explanation } from "../../api.ts";
import { ExplanationAnswer } from "../../http/schemas.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import type { Column } from "../table.ts";
import { count, many, share } from "../words.ts";
import { cidOf, sourcesOf } from "./ends.ts";
import { read } from "./files.ts";

const SHOWN = 5;

export const explain: Command = {
  name: "explain",
  about: "where a particle's focus comes from, by operator and link",
  usage:
    "CID|TEXT [--limit N] [--from CID|TEXT]… | --check FILE [--export FILE]",
  details:
    "--from, up to 16 times, explains the focus from these particles, as top --from\n" +
    "shows it.\n" +
    "--check takes what --json gave, reads the links of the store, computes the\n" +
    "focus again without the rank cell and compares every figure to 1e-9. It needs\n" +
    "that no node runs on the data directory; with --export, which names what export\n" +
    "wrote, it needs no store at all. Exit code 1: it does not hold.",
  options: {
    limit: {
      type: "string",
      value: "N",
      about: "axons shown, 0 to 1000 (default 20); the others are added up",
    },
    from: {
      type: "string",
      value: "CID|TEXT",
      multiple: true,
      about: "a particle that the focus is from",
    },
    check: {
      type: "string",
      value: "FILE",
      about: "compute an explanation again, from the store's links",
    },
    export: {
      type: "string",
      value: "FILE",
      about: "with --check: the links are those of this exported store",
    },
  },
  takes: [0, 1],
  run(context) {
    const file = context.text("check");
    const store = context.text("export");
    if (file === undefined && store !== undefined) {
      throw new UsageError("--export is for --check", "name both files");
    }
    if (file === undefined) return ofParticle(context);
    if (context.texts("from").length > 0) {
      throw new UsageError(
        "--check takes the particles from the file",
        "leave --from away",
      );
    }
    if (context.args.length === 0) return check(context, file, store);
    throw new UsageError(
      "--check takes the particle from the file",
      "leave CID or TEXT away",
    );
  },
};

function ofParticle(context: Context): Promise<number> {
  if (context.args.length === 0) {
    throw new UsageError(
      "too few arguments",
      "usage: explain CID|TEXT, or explain --check FILE",
    );
  }
  const limit = context.integer("limit", {
    minimum: 0,
    maximum: 1000,
    otherwise: 20,
  });
  const named = sourcesOf(context);
  return context.withNode(async (api) => {
    const cid = await cidOf(api, context.arg(0));
    const from: string[] = [];
    for (const one of named) from.push(await cidOf(api, one));
    const found = await ask(
      from.length === 0
        ? api.explain(cid, limit)
        : api.explain(cid, limit, from),
    );
    context.print(found, () => show(context, found));
    return EXIT.ok;
  });
}

async function check(
  context: Context,
  file: string,
  store: string | undefined,
): Promise<number> {
  const answer = decoded(await read(context, file), file);
  const tell = (text: string) => {
    if (!context.json) context.note(`  ${text}`);
  };
  const { composition, data, host } = context;
  const found = await ask(
    store === undefined
      ? composition.recompute(data, answer, tell)
      : composition.recomputeFrom(
        await host.openInput(store),
        store,
        answer,
        tell,
      ),
  );
  context.print(found, () => {
    const name = answer.particle.text ?? answer.particle.cid;
    context.line(
      found.holds
        ? `holds: ${many(found.figures, "figure")} of ${name}, ` +
          `${found.largest.toExponential(1)} apart at most`
        : `does not hold: ${many(found.differences.length, "difference")}`,
    );
    for (const line of found.differences.slice(0, SHOWN)) {
      context.line(`  ${line}`);
    }
  });
  return found.holds ? EXIT.ok : EXIT.refused;
}

function decoded(octets: Uint8Array, file: string): Explanation {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(octets));
    const result = Schema.decodeUnknownResult(ExplanationAnswer)(value);
    if (Result.isSuccess(result)) return result.success;
  } catch {
    // Not JSON at all; the answer is the same.
  }
  throw new UsageError(
    `${file} is no explanation`,
    "explain TEXT --json gives one",
  );
}

/** Part of the whole focus, as people read it. */
function percent(part: number, whole: number): string {
  return `${(100 * part / whole).toFixed(2)} %`;
}

const EARNINGS: ReadonlyArray<Column<Earning>> = [
  { title: "earned", right: true, value: ({ earned }) => share(earned) },
  {
    title: "of its karma",
    right: true,
    value: ({ karma }) => karma === undefined ? "" : share(karma),
  },
  { title: "neuron", flex: 14, value: ({ neuron }) => neuron },
];

/** Whose links the focus came by, and what they have earned by that. */
function showKarma(context: Context, { total, neurons }: Earned): void {
  context.line();
  context.line(
    `${context.dim("karma".padEnd(11))}${share(total)} earned by links to it`,
  );
  if (neurons === undefined || neurons.length === 0) return;
  for (const line of context.table(EARNINGS, neurons)) context.line(line);
}

function show(context: Context, found: Explanation): void {
  const { particle, contributions, rest } = found;
  const whole = (one: Pick<Contribution, "diffusion" | "springs" | "heat">) =>
    one.diffusion + one.springs + one.heat;
  const field = (name: string, value: string) =>
    context.line(`${context.dim(name.padEnd(11))}${value}`);
  const part = (value: number) => percent(value, particle.focus);
  field("particle", particle.text ?? particle.cid);
  field("focus", `${share(particle.focus)}, version ${count(found.version)}`);
  if (found.from !== undefined) {
    field("from", found.from.map(({ text, cid }) => text ?? cid).join(", "));
  }
  const isFrom = found.from !== undefined;
  const prior = isFrom ? "the return to these" : "weight of its links";
  field("prior", `${part(found.prior)}  diffusion: ${prior}`);
  field("dangling", `${part(found.stuck)}  diffusion: focus without a way out`);
  const anchor = isFrom ? "the anchor in these" : "an even share";
  field("anchor", `${part(found.anchor)}  springs: ${anchor}`);
  field("kept", `${part(found.kept)}  heat that did not move`);
  const sums = [...contributions, rest].reduce(
    (sum, one) => sum + whole(one),
    0,
  );
  field("links", `${part(sums)}  ${many(found.axons, "axon")}`);
  context.line();
  const cells = (one: Contribution, value: number) =>
    value === 0 && one.direction === "out" ? "" : part(value);
  const columns: ReadonlyArray<Column<Contribution>> = [
    { title: "all", right: true, value: (one) => part(whole(one)) },
    {
      title: "diffusion",
      right: true,
      value: (one) => cells(one, one.diffusion),
    },
    { title: "springs", right: true, value: (one) => part(one.springs) },
    { title: "heat", right: true, value: (one) => part(one.heat) },
    {
      title: "",
      value: ({ direction }) => (direction === "in" ? "from" : "to"),
    },
    { title: "other", flex: 16, value: ({ other }) => other.text ?? other.cid },
    {
      title: "weight",
      right: true,
      spare: 1,
      value: ({ weight }) => count(weight),
    },
    { title: "axon", flex: 14, spare: 2, value: ({ axon }) => axon },
  ];
  for (const line of context.table(columns, contributions)) context.line(line);
  if (contributions.length < found.axons) {
    const more = found.axons - contributions.length;
    context.line(
      context.dim(`… ${many(more, "axon")} more: ${part(whole(rest))}`),
    );
  }
  if (found.karma !== undefined) showKarma(context, found.karma);
  context.note(
    `all parts add up to ${share(found.total)}; ` +
      `proven within ${found.bound.toExponential(1)} of the focus`,
  );
}
