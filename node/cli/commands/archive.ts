/**
 * `export` and `restore`: a whole store as one file, and back.
 */
import { ask, type Command, type Context, EXIT } from "../command.ts";
import type { ArchiveReport } from "../composition.ts";
import { count, many, octets } from "../words.ts";
import { outputOf } from "./files.ts";

export const exportCommand: Command = {
  name: "export",
  about: "write the whole store to a file that restore reads",
  usage: "FILE",
  details:
    "Every signal and content in order, and the state root at the end; " +
    "`-` is standard\noutput. FILE must be new. Keys and bookmarks are not in " +
    "it.\nNeeds that no node runs on the data directory.",
  options: {},
  takes: [1, 1],
  async run(context) {
    const path = context.arg(0);
    const output = outputOf(context, path);
    const { signal, dispose } = context.host.interruption();
    try {
      const done = await ask(
        context.composition.exportStore(
          context.data,
          output.write,
          telling(context),
        ),
        signal,
      );
      output.keep();
      print(context, done, path === "-");
      return EXIT.ok;
    } catch (error) {
      output.drop();
      throw error;
    } finally {
      dispose();
    }
  },
};

export const restore: Command = {
  name: "restore",
  about: "fill an empty store with what export wrote, and check all of it",
  usage: "FILE",
  details:
    "Verifies every signature, every rule of the record, and the state " +
    "root at the end;\n`-` is standard input. Given again after an " +
    "interruption, it goes on where it was.\nThe store must be empty or the " +
    "beginning of the file, and of the same network.\nNeeds that no node runs " +
    "on the data directory.",
  options: {},
  takes: [1, 1],
  async run(context) {
    const path = context.arg(0);
    const name = path === "-" ? "standard input" : path;
    const { signal, dispose } = context.host.interruption();
    try {
      const pieces = await context.host.openInput(path);
      const done = await ask(
        context.composition.restoreStore(
          context.data,
          pieces,
          name,
          telling(context),
        ),
        signal,
      );
      print(context, done, false);
      return EXIT.ok;
    } finally {
      dispose();
    }
  },
};

function telling(context: Context): (text: string) => void {
  let last = "";
  return (text) => {
    if (!context.json && text !== last) context.note(`  ${text}`);
    last = text;
  };
}

/** Standard output may be the archive itself. */
function print(
  context: Context,
  done: ArchiveReport,
  onError: boolean,
): void {
  const { height, root, appends, before } = done;
  const lines = [
    `root    ${root}`,
    `height  ${count(height)} in ${many(appends, "append")}, ` +
    octets(done.octets),
    ...(before === 0 ? [] : [`before  ${count(before)} were there already`]),
  ];
  if (!onError) {
    return context.print(done, () => lines.forEach((one) => context.line(one)));
  }
  context.host.err(
    context.json ? `${JSON.stringify(done)}\n` : `${lines.join("\n")}\n`,
  );
}
