/** What a scripted model answers with: a driver that is known to be right. */
import { asFiles } from "../prompt.ts";
import type { Sources } from "../answer.ts";

const FOLDER = new URL(
  "../../../drivers/virtio/block/assembly/",
  import.meta.url,
);

export function rightSources(): Sources {
  return new Map(
    [...Deno.readDirSync(FOLDER)].filter(({ isFile }) => isFile)
      .map(({ name }) => name).sort()
      .map((name) => [name, Deno.readTextFileSync(new URL(name, FOLDER))]),
  );
}

/** One file of it, wrong in one place. */
export function planted(name: string, from: string, to: string): string {
  const text = rightSources().get(name) ?? "";
  if (text.split(from).length !== 2) throw new Error(`${name}: not once`);
  return asFiles(new Map([[name, text.replace(from, to)]]));
}

export function rightAnswer(): string {
  return `Here is the driver.\n\n${asFiles(rightSources())}`;
}
