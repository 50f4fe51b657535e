/** What a scripted model answers with: a driver that is known to be right. */
import { asFiles } from "../prompt.ts";
import type { Sources } from "../answer.ts";

const DRIVERS = new URL("../../../drivers/virtio/", import.meta.url);
const LIBRARY = "../../shared/assembly/";

/** The driver's files beside those of its library, in one folder. */
export function rightSources(): Sources {
  const texts = ["block/assembly/", "shared/assembly/"].flatMap((folder) => {
    const at = new URL(folder, DRIVERS);
    return [...Deno.readDirSync(at)].filter(({ isFile }) => isFile)
      .map(({ name }): [string, string] => [
        name,
        Deno.readTextFileSync(new URL(name, at)).replaceAll(LIBRARY, "./"),
      ]);
  });
  const files = new Map(texts.sort(([a], [b]) => a < b ? -1 : 1));
  if (files.size === texts.length) return files;
  throw new Error("a driver's file has the name of one of its library");
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
