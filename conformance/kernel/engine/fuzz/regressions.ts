/**
 * Modules that once showed a difference, or are made like those that might.
 *
 * Each is a file of `../regressions` in the text format; its first line says why
 * it is there. They are run by `fuzz_test.ts` and are seeds of its mutations.
 */
import { assembled, type Octets } from "./sources.ts";

const FOLDER = new URL("../regressions/", import.meta.url);

export interface Regression {
  readonly name: string;
  readonly reason: string;
  /** `undefined` if it is no valid module. */
  readonly octets: Octets | undefined;
}

export async function regressions(): Promise<readonly Regression[]> {
  const names = [...Deno.readDirSync(FOLDER)].map(({ name }) => name)
    .filter((name) => name.endsWith(".wat")).sort();
  return await Promise.all(names.map(async (name) => {
    const text = Deno.readTextFileSync(new URL(name, FOLDER));
    const reason = /^;; (.*)/.exec(text)?.[1];
    if (reason === undefined) throw new Error(`${name} begins with no reason`);
    return { name, reason, octets: await assembled(text) };
  }));
}
