/**
 * Files with one broken rule each, named after it, and what each is refused
 * with: `expected.json` beside them.
 *
 * A new one is a file and a line in `expected.json`; the failing test shows the
 * line. `good.json` of each folder is the control: the same with nothing broken.
 */
import { strictEqual } from "node:assert/strict";

const CONTROL = "good.json";

export interface Negative {
  readonly name: string;
  readonly text: string;
}

const folder = (name: string) => new URL(`./${name}/`, import.meta.url);

/** The files of a folder without its control, by name. */
export function negativesIn(name: string): Negative[] {
  return [...Deno.readDirSync(folder(name))]
    .map((entry) => entry.name)
    .filter((file) => file !== CONTROL && file !== "expected.json")
    .sort()
    .map((file) => ({
      name: file.replace(/\.[a-z]+$/, ""),
      text: Deno.readTextFileSync(new URL(file, folder(name))),
    }));
}

export function controlOf(name: string): string {
  return Deno.readTextFileSync(new URL(CONTROL, folder(name)));
}

/** What each file of a folder is refused with. */
export function expectedIn(name: string): ReadonlyMap<string, string> {
  const text = Deno.readTextFileSync(new URL("expected.json", folder(name)));
  return new Map(Object.entries(JSON.parse(text) as Record<string, string>));
}

/** Declares a test per file, and one that nothing is expected of no file. */
export function refusalSuite(
  name: string,
  refusal: (negative: Negative) => string | Promise<string>,
): void {
  const expected = expectedIn(name);
  const negatives = negativesIn(name);
  for (const negative of negatives) {
    Deno.test(`refused, ${name}: ${negative.name}`, async () => {
      strictEqual(await refusal(negative), expected.get(negative.name));
    });
  }
  Deno.test(`refused, ${name}: every line has its file`, () => {
    strictEqual(
      [...expected.keys()].sort().join(),
      negatives.map((each) => each.name).join(),
    );
  });
}
