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

type Action = (context: Context) => Promise<number>;

function show(context: Context, reports: ReadonlyArray<KeyReport>): void {
  const lines = context.table([
    { title: "key", value: ({ name }: KeyReport) => name },
    {
      title: "kind",
      value: ({ secret, sealed }: KeyReport) =>
        secret ? (sealed ? "secret, sealed" : "secret") : "public",
    },
    { title: "id", flex: 14, value: ({ id }: KeyReport) => id },
  ], reports);
  for (const line of lines) context.line(line);
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
    context.print(report, () => {
      show(context, [report]);
      if (!report.sealed) {
        context.note(
          "the secret is not sealed: have KARYON_PASSPHRASE_FILE name a file " +
            "with a passphrase to seal new keys",
        );
      }
    });
    return EXIT.ok;
  },

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
    const policy = await ask(context.composition.keys.policy(context.data));
    context.print(policy, () => {
      const all = policy.governors.length;
      context.line(
        `a proposal needs ${policy.threshold} of ${all} governors:`,
      );
      for (const { id, name } of policy.governors) {
        const proposes = policy.proposers.includes(id) ? "  may propose" : "";
        context.line(`  ${id}  ${name ?? "(unknown)"}${proposes}`);
      }
    });
    return EXIT.ok;
  },
};

export const keys: Command = {
  name: "keys",
  about: "list, new NAME, export NAME, import FILE, policy",
  usage: "[list | new NAME | export NAME | import FILE | policy]",
  details: "Keys lie in the data directory. `export` and `import` are about " +
    "public halves only;\na secret never leaves its file.",
  options: {
    out: { type: "string", value: "FILE", about: "where `export` writes" },
    as: { type: "string", value: "NAME", about: "the name for `import`" },
  },
  takes: [0, 2],
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
