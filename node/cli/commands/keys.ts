/**
 * `keys`: the node's own key, governors' keys, and who must sign.
 */
import type { KeyReport } from "../composition.ts";
import {
  ask,
  type Command,
  type Context,
  EXIT,
  UsageError,
} from "../command.ts";
import { suggest } from "../suggest.ts";
import { read, write } from "./files.ts";
import { derive, did, newAvatar, restore } from "./keys_avatar.ts";

type Action = (context: Context) => Promise<number>;

function show(context: Context, reports: ReadonlyArray<KeyReport>): void {
  const inTree = reports.some(({ path }) => path !== undefined);
  const place = {
    title: "avatar",
    value: ({ path }: KeyReport) => path?.join("/") ?? "",
  };
  const lines = context.table([
    { title: "key", value: ({ name }: KeyReport) => name },
    {
      title: "kind",
      value: ({ secret, sealed }: KeyReport) =>
        secret ? (sealed ? "secret, sealed" : "secret") : "public",
    },
    ...(inTree ? [place] : []),
    { title: "id", flex: 14, value: ({ id }: KeyReport) => id },
  ], reports);
  for (const line of lines) context.line(line);
}

/** A secret key that was just made. */
function showSecret(context: Context, report: KeyReport): void {
  show(context, [report]);
  if (report.sealed) return;
  context.note(
    "the secret is not sealed: have KARYON_PASSPHRASE_FILE name a file " +
      "with a passphrase, then seal it with keys seal",
  );
}

function name(context: Context): string {
  if (context.args.length === 2) return context.arg(1);
  throw new UsageError(
    `keys ${context.arg(0)} needs the name of a key`,
    `usage: karyon keys ${context.arg(0)} NAME`,
  );
}

const ACTIONS: Readonly<Record<string, Action>> = {
  async list(context) {
    const reports = await ask(context.composition.keys.list(context.data));
    context.print(reports, () => show(context, reports));
    return EXIT.ok;
  },

  async new(context) {
    const { keys } = context.composition;
    const report = await ask(keys.create(context.data, name(context)));
    context.print(report, () => showSecret(context, report));
    return EXIT.ok;
  },

  async seal(context) {
    const { keys } = context.composition;
    const report = await ask(keys.seal(context.data, name(context)));
    context.print(report, () => show(context, [report]));
    return EXIT.ok;
  },

  avatar: (context) => newAvatar(context, name(context), showSecret),

  restore: (context) => restore(context, name(context), showSecret),

  derive: (context) => derive(context, showSecret),

  did: (context) => did(context, name(context)),

  async export(context) {
    const { keys } = context.composition;
    const text = await ask(keys.exportPublic(context.data, name(context)));
    const out = context.text("out");
    if (out === undefined) context.host.out(text);
    else await write(context, out, text);
    return EXIT.ok;
  },

  async import(context) {
    const file = name(context);
    const text = new TextDecoder().decode(await read(context, file));
    const { keys } = context.composition;
    const as = context.text("as");
    const report = await ask(
      as === undefined
        ? keys.importPublic(context.data, text)
        : keys.importPublic(context.data, text, as),
    );
    context.print(report, () => show(context, [report]));
    return EXIT.ok;
  },

  async policy(context) {
    const governors = context.texts("governor");
    if (governors.length > 0) return await newPolicy(context, governors);
    const policy = await ask(context.composition.keys.policy(context.data));
    context.print(policy, () => {
      const all = policy.governors.length;
      context.line(
        `a proposal needs ${policy.threshold} of ${all} governors:`,
      );
      for (const { id, name, proposes } of policy.governors) {
        const may = proposes.length === 0
          ? ""
          : `  may propose ${proposes.join(", ")}`;
        context.line(`  ${id}  ${name ?? "(unknown)"}${may}`);
      }
      if (policy.reports === undefined) return;
      const { conformers, days } = policy.reports;
      const age = days === 0 ? "" : `, at most ${days} days old`;
      context.line(`a driver needs a signed report${age}, by one of:`);
      for (const id of conformers) context.line(`  ${id}`);
    });
    return EXIT.ok;
  },
};

/** A policy file, for `propose set-policy`. */
async function newPolicy(
  context: Context,
  governors: ReadonlyArray<string>,
): Promise<number> {
  const threshold = context.integer("threshold", {
    minimum: 1,
    maximum: governors.length,
    otherwise: governors.length,
  });
  const text = await ask(context.composition.keys.makePolicy(context.data, {
    governors,
    threshold,
    proposers: context.texts("proposer"),
    conformers: context.texts("conformer"),
    reportDays: context.integer("report-days", {
      minimum: 0,
      maximum: 3650,
      otherwise: 0,
    }),
  }));
  const out = context.text("out");
  if (out === undefined) context.host.out(text);
  else {
    await write(context, out, text);
    context.note(
      `written to ${out}; next: deno run kernel propose set-policy ${out}`,
    );
  }
  return EXIT.ok;
}

export const keys: Command = {
  name: "keys",
  about:
    "list, new, seal, avatar, restore, derive, did, export, import, policy",
  usage: "[list | new NAME | seal NAME | avatar NAME | restore NAME | " +
    "derive KEY LABEL | did NAME | export NAME | import FILE | policy]",
  details: [
    "Keys lie in the data directory. `export` and `import` are about public",
    "halves only; a secret never leaves its file. `did` prints a public key as",
    "did:key. `policy` shows who governs; with --governor it writes a new policy",
    "for `propose set-policy`.",
    "`avatar` makes a key from 24 words and shows them once; `restore` makes it",
    "again from them, under the same name. `derive` makes the key of a device or",
    "a context below it; two labels deeper there are two kinds more. Whoever has a",
    "derived key's file has what lies below it, and nothing beside or above.",
  ].join("\n"),
  options: {
    out: {
      type: "string",
      value: "FILE",
      about: "where `export` and `policy` write",
    },
    governor: {
      type: "string",
      value: "NAME",
      about: "`policy`: a governor of a new policy; may be repeated",
      multiple: true,
    },
    threshold: {
      type: "string",
      value: "K",
      about: "`policy`: how many must sign (default all)",
    },
    proposer: {
      type: "string",
      value: "NAME[=ACTION,..]",
      about: "`policy`: who may propose what (default all, everything)",
      multiple: true,
    },
    conformer: {
      type: "string",
      value: "NAME",
      about: "`policy`: whose signed reports let drivers in; may be repeated",
      multiple: true,
    },
    "report-days": {
      type: "string",
      value: "N",
      about: "`policy`: how old a report may be (default however old)",
    },
    as: {
      type: "string",
      value: "NAME",
      about: "the name for `import` and `derive`",
    },
    phrase: {
      type: "string",
      value: "FILE",
      about: "`avatar` writes the 24 words there, `restore` reads them",
    },
  },
  takes: [0, 3],
  run(context) {
    const word = context.args[0] ?? "list";
    const action = Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
    if (action !== undefined) return action(context);
    const meant = suggest(word, Object.keys(ACTIONS));
    throw new UsageError(
      `there is no \`keys ${word}\``,
      meant === undefined ? "see --help" : `did you mean keys ${meant}?`,
    );
  },
};
