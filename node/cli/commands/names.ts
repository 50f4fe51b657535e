/**
 * `ls`, `cat` and `name`: the names of a neuron, now or at a height.
 */
import { Result } from "effect";
import { toHex } from "../../../kernel/crypto/mod.ts";
import type { LinkInput, NodeApi } from "../../api.ts";
import type { NameEntry, NameReport, OperationInput } from "../../api_views.ts";
import { parsePath, stepsOf } from "../../names/mod.ts";
import { Refusal } from "../../api.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import { suggest } from "../suggest.ts";
import type { Column } from "../table.ts";
import { count, many, octets, short } from "../words.ts";
import { endOf, whoOf } from "./ends.ts";
import { streamContent } from "./particle.ts";

const PAGE = 1000;
const HEIGHT_MAX = Number.MAX_SAFE_INTEGER;
const AT = {
  type: "string",
  value: "HEIGHT",
  about: "as it was at that height (default: now)",
} as const;
const LIMIT = {
  type: "string",
  value: "N",
  about: "1 to 1000 (default 100)",
} as const;
const PATHS = "PATH is ~NEURON/segment/segment; quote it. ~me is this node's " +
  "own neuron.";

/** The height that `--at` names, if it is there. */
export function heightOption(context: Context): number | undefined {
  return context.text("at") === undefined ? undefined : context.integer("at", {
    minimum: 0,
    maximum: HEIGHT_MAX,
    otherwise: 0,
  });
}

export function limitOption(context: Context): number {
  return context.integer("limit", {
    minimum: 1,
    maximum: PAGE,
    otherwise: 100,
  });
}

const ENTRIES: ReadonlyArray<Column<NameEntry>> = [
  {
    title: "name",
    flex: 20,
    value: ({ segment, particle, directory }) =>
      (segment ?? `cid:${short(particle)}`) + (directory ? "/" : ""),
  },
  {
    title: "height",
    right: true,
    value: ({ height }) => height === undefined ? "-" : count(height),
  },
  {
    title: "stands for",
    flex: 14,
    value: ({ cid, removed }) => cid ?? (removed ? "removed" : "-"),
  },
];

export const ls: Command = {
  name: "ls",
  about: "the names below a neuron or a name, now or at a height",
  usage: "PATH [--at HEIGHT] [--limit N] [--all]",
  details: PATHS,
  options: {
    at: AT,
    limit: LIMIT,
    all: { type: "boolean", about: "names that were removed, too" },
  },
  takes: [0, 1],
  run(context) {
    const path = context.args[0] ?? "~me";
    checkPath(path);
    const [at, limit] = [heightOption(context), limitOption(context)];
    return context.withNode(async (api) => {
      const report = await ask(api.name(path, { limit }, at));
      const entries = report.entries.filter(({ removed, directory }) =>
        context.flag("all") || !removed || directory
      );
      context.print({ ...report, entries }, () => {
        for (const line of context.table(ENTRIES, entries)) context.line(line);
        const more = report.next === undefined ? "" : "; more with --limit";
        context.note(
          `${many(entries.length, "name")} at height ${
            count(report.at)
          }${more}`,
        );
      });
      return EXIT.ok;
    });
  },
};

export const cat: Command = {
  name: "cat",
  about: "the content that a name stands for, now or at a height",
  usage: "PATH [--at HEIGHT]",
  details: PATHS,
  options: { at: AT },
  takes: [1, 1],
  run(context) {
    const path = context.arg(0);
    checkPath(path);
    const at = heightOption(context);
    return context.withNode(async (api) => {
      const report = await ask(api.name(path, { limit: 1 }, at));
      const { value } = report;
      if (value === undefined) throw standsForNothing(report);
      if (context.json) {
        context.print(report, () => {});
        return EXIT.ok;
      }
      if (!value.known) {
        throw new Refusal({
          kind: "not-found",
          message: `the content of ${value.cid} is not here`,
          fix: "it is known by its identity only, until somebody brings it",
        });
      }
      return await streamContent(context, api, value.cid);
    });
  },
};

function standsForNothing({ path, at }: NameReport): Refusal {
  return new Refusal({
    kind: "not-found",
    message: `${path} stands for nothing at height ${at}`,
    fix: "name history shows what it stood for; ls, what is below it",
  });
}

const ACTIONS = ["set", "remove", "give", "show", "history"] as const;

export const name: Command = {
  name: "name",
  about: "what a name stands for, and its history; makes, removes, gives names",
  usage: "set PATH TARGET | remove PATH | give PATH NEURON | show PATH | " +
    "history PATH",
  details:
    `${PATHS} TARGET is a text or an identity. A name is set by a signed ` +
    "signal of this node's neuron, which must own it.",
  options: { at: AT, limit: LIMIT },
  takes: [2, 3],
  run(context) {
    const [action = "", path = "", more] = context.args;
    const known = ACTIONS.find((one) => one === action);
    if (known === undefined) {
      const meant = suggest(action, ACTIONS);
      throw new UsageError(
        `there is no name ${action}`,
        meant === undefined
          ? `there is ${ACTIONS.join(", ")}`
          : `did you mean name ${meant}?`,
      );
    }
    checkPath(path);
    const wants = known === "set" || known === "give";
    if (wants !== (more !== undefined)) {
      throw new UsageError(
        wants ? `name ${known} needs a second argument` : "too many arguments",
        known === "set" ? "name set PATH TARGET" : `name ${known} PATH`,
      );
    }
    return context.withNode((api) => {
      switch (known) {
        case "set":
          return set(context, api, path, more ?? "");
        case "remove":
          return remove(context, api, path);
        case "give":
          return give(context, api, path, more ?? "");
        case "show":
          return show(context, api, path);
        case "history":
          return history(context, api, path);
      }
    });
  },
};

function checkPath(path: string): void {
  const parsed = parsePath(path);
  if (Result.isFailure(parsed)) {
    throw new UsageError(parsed.failure, "write '~me/segment', in quotes");
  }
}

/** The name as it is, or as it would be: whose it is, and what it lacks. */
async function stepsTo(api: NodeApi, path: string) {
  const { neuron: me } = await ask(api.identity());
  const parsed = parsePath(path);
  if (Result.isFailure(parsed)) throw new UsageError(parsed.failure);
  const { neuron: named, segments } = parsed.success;
  const neuron = named === "me" ? me : named;
  if (segments.length === 0) {
    throw new UsageError(
      "a neuron's own space is no name",
      "name set ~me/NAME",
    );
  }
  const steps = stepsOf(Uint8Array.fromHex(neuron), segments);
  return { me, neuron, segments, steps };
}

async function reportOf(api: NodeApi, path: string) {
  try {
    return await ask(api.name(path, { limit: 1 }));
  } catch (error) {
    if (error instanceof Refusal && error.kind === "not-found") {
      return undefined;
    }
    throw error;
  }
}

function notMine(path: string, owner: string | undefined): Refusal {
  return new Refusal({
    kind: "unauthorised",
    message: owner === undefined
      ? `only the neuron of ${path} can make that name`
      : `${path} is owned by ${owner}, not by this node's neuron`,
    fix: "only its owner says what a name stands for; name give hands it on",
  });
}

/** Links and cards that names on the way lack; all but the last are directories. */
async function missing(api: NodeApi, path: string) {
  const { me, neuron, segments, steps } = await stepsTo(api, path);
  const links: LinkInput[] = [];
  const operations: OperationInput[] = [];
  for (const [i, step] of steps.entries()) {
    const at = [`~${neuron}`, ...segments.slice(0, i + 1)].join("/");
    const report = await reportOf(api, at);
    if (report?.card?.made !== undefined) {
      const { owner } = report.card;
      if (i === steps.length - 1 && owner !== me) throw notMine(path, owner);
      continue;
    }
    if (neuron !== me) throw notMine(path, undefined);
    links.push(nothing({
      from: { cid: toHex(step.above) },
      to: { text: step.segment },
    }));
    operations.push({ op: "card", particle: { cid: toHex(step.axon) } });
  }
  const card = toHex(steps.at(-1)?.card ?? new Uint8Array());
  return { links, operations, card };
}

/** Names weigh nothing: they are not attention. */
function nothing(link: LinkInput): LinkInput {
  return { ...link, amount: 0, valence: link.valence ?? 0 };
}

async function set(
  context: Context,
  api: NodeApi,
  path: string,
  target: string,
): Promise<number> {
  const { links, operations, card } = await missing(api, path);
  const bound = nothing({ from: { cid: card }, to: endOf(target) });
  const all = [...links, bound];
  const receipt = operations.length === 0
    ? await ask(api.link(all))
    : await ask(api.operate(all, operations));
  const cid = receipt.links.at(-1)?.to ?? "";
  const { signal, height } = receipt;
  context.print({ path, cid, card, height, signal }, () => {
    context.line(`${path} stands for ${cid} from height ${height} on`);
  });
  return EXIT.ok;
}

async function mine(api: NodeApi, path: string) {
  const { me } = await stepsTo(api, path);
  const report = await ask(api.name(path, { limit: 1 }));
  const { card, value } = report;
  if (card?.made === undefined || card.owner !== me) {
    throw notMine(path, card?.owner);
  }
  return { card: card.id, value, report };
}

async function remove(
  context: Context,
  api: NodeApi,
  path: string,
): Promise<number> {
  const { card, value, report } = await mine(api, path);
  if (value === undefined) throw standsForNothing(report);
  const { height, signal } = await ask(api.link([
    nothing({ from: { cid: card }, to: { cid: value.cid }, valence: -1 }),
  ]));
  context.print({ path, removed: value.cid, height, signal }, () => {
    context.line(`${path} stands for nothing from height ${height} on`);
  });
  return EXIT.ok;
}

async function give(
  context: Context,
  api: NodeApi,
  path: string,
  argument: string,
): Promise<number> {
  const { card } = await mine(api, path);
  const to = await whoOf(api, argument);
  const { height, signal } = await ask(
    api.operate([], [{ op: "give", card, to }]),
  );
  context.print({ path, owner: to, card, height, signal }, () => {
    context.line(`${path} is owned by ${to} from height ${height} on`);
  });
  return EXIT.ok;
}

async function show(
  context: Context,
  api: NodeApi,
  path: string,
): Promise<number> {
  const report = await ask(
    api.name(path, { limit: limitOption(context) }, heightOption(context)),
  );
  context.print(report, () => {
    const field = (title: string, value: string) =>
      context.line(`${context.dim(title.padEnd(8))}${value}`);
    const { card, value } = report;
    field("path", report.path);
    field("height", count(report.at));
    if (card !== undefined) {
      field("card", card.id);
      field("owner", card.owner ?? "not known any more");
      if (card.made !== undefined) field("made", `height ${count(card.made)}`);
    }
    if (value !== undefined) {
      field("is", value.cid);
      field("since", `height ${count(value.height)}, by ${value.by}`);
      field("content", value.known ? octets(value.size ?? 0) : "not here");
    } else if (card !== undefined) field("is", "nothing");
    if (report.entries.length > 0) {
      field("below", many(report.entries.length, "name"));
    }
  });
  return EXIT.ok;
}

async function history(
  context: Context,
  api: NodeApi,
  path: string,
): Promise<number> {
  const found = await ask(
    api.nameHistory(path, { limit: limitOption(context) }),
  );
  context.print(found, () => {
    const columns: ReadonlyArray<Column<typeof found.changes[number]>> = [
      { title: "height", right: true, value: ({ height }) => count(height) },
      { title: "what", value: ({ what }) => what },
      { title: "stands for", flex: 14, value: ({ cid }) => cid ?? "nothing" },
      { title: "by", flex: 14, spare: 1, value: ({ by }) => by },
    ];
    for (const line of context.table(columns, found.changes)) {
      context.line(line);
    }
    if (found.forgotten) {
      context.note("who owned it before is not known any more");
    }
    if (found.next !== undefined) context.note("there is more: --limit");
  });
  return EXIT.ok;
}
