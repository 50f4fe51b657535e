/**
 * `keys avatar`, `keys restore`, `keys derive`, `keys did`: keys that grow from
 * one phrase.
 *
 * A phrase goes to a terminal or into a new file that its owner alone may read,
 * never into a pipe, a log or an argument.
 */
import type { KeyReport } from "../composition.ts";
import { ask, type Context, EXIT, UsageError } from "../command.ts";
import { read, writeSecret } from "./files.ts";

const WORDS_PER_LINE = 6;

type Show = (context: Context, report: KeyReport) => void;

export async function newAvatar(
  context: Context,
  name: string,
  show: Show,
): Promise<number> {
  const { keys } = context.composition;
  const file = context.text("phrase");
  const onScreen = file === undefined;
  if (onScreen && (context.json || !context.host.outIsTerminal)) {
    throw new UsageError(
      "the backup phrase has nowhere to go",
      "name a new file for it with --phrase, or run this in a terminal",
    );
  }
  const phrase = await ask(keys.newPhrase(context.data));
  // A phrase that is in no file and on no paper must have no key either.
  if (file !== undefined) await writeSecret(context, file, `${phrase}\n`);
  const report = await ask(keys.avatar(context.data, name, phrase));
  context.print(report, () => {
    show(context, report);
    if (!onScreen) return;
    const words = phrase.split(" ");
    for (let at = 0; at < words.length; at += WORDS_PER_LINE) {
      const line = words.slice(at, at + WORDS_PER_LINE);
      context.line(
        line.map((word, i) => `${String(at + i + 1).padStart(2)} ${word}`)
          .map((text) => text.padEnd(12)).join("").trimEnd(),
      );
    }
  });
  context.note(
    onScreen
      ? "write these words down: they alone bring the avatar back, and are " +
        "not shown again"
      : `the backup phrase is in ${file}: put it where nobody else finds it`,
  );
  return EXIT.ok;
}

export async function restore(
  context: Context,
  name: string,
  show: Show,
): Promise<number> {
  const file = context.text("phrase");
  if (file === undefined) {
    throw new UsageError(
      "keys restore needs the backup phrase",
      "name the file that has its words with --phrase",
    );
  }
  const phrase = new TextDecoder().decode(await read(context, file));
  const { keys } = context.composition;
  const report = await ask(keys.avatar(context.data, name, phrase));
  context.print(report, () => show(context, report));
  return EXIT.ok;
}

export async function derive(context: Context, show: Show): Promise<number> {
  if (context.args.length !== 3) {
    throw new UsageError(
      "keys derive needs the name of a key and a label",
      "usage: karyon keys derive AVATAR LABEL [--as NAME]",
    );
  }
  const { keys } = context.composition;
  const [parent, label] = [context.arg(1), context.arg(2)];
  const as = context.text("as");
  const report = await ask(keys.derive(context.data, parent, label, as));
  context.print(report, () => show(context, report));
  return EXIT.ok;
}

export async function did(context: Context, name: string): Promise<number> {
  const text = await ask(context.composition.keys.did(context.data, name));
  context.print({ name, did: text }, () => context.line(text));
  return EXIT.ok;
}
