/**
 * Finds what a contract promises, in the words of its WIT file.
 *
 * An item is `owner` or `owner.item`: an interface, record, variant, resource or
 * enum, and a function, field or case in it. Its promise is the documentation
 * that stands above it.
 */

export interface Promised {
  readonly item: string;
  readonly text: string;
  /** Where the item stands in the file, from 1. */
  readonly line: number;
}

const OWNER =
  /^(?:interface|record|variant|resource|enum|flags)\s+([a-z][\w-]*)/;
const MEMBER = /^(?:static\s+)?([a-z][\w-]*)\s*(?::|\(|,|$)/;

/** Every documented item of a WIT text. */
export function promisesOf(wit: string): ReadonlyMap<string, Promised> {
  const all = new Map<string, Promised>();
  const owners: string[] = [];
  let doc: string[] = [];
  for (const [index, whole] of wit.split("\n").entries()) {
    const line = whole.trim();
    const comment = /^\/\/\/ ?(.*)$/.exec(line);
    if (comment !== null) {
      doc.push(comment[1] ?? "");
      continue;
    }
    const [, owner] = OWNER.exec(line) ?? [];
    const [, member] = MEMBER.exec(line) ?? [];
    const holder = owners.at(-1);
    const item = owner ??
      (member === undefined || holder === undefined
        ? undefined
        : `${holder}.${member}`);
    if (item !== undefined && doc.length > 0) {
      all.set(item, { item, text: doc.join("\n").trim(), line: index + 1 });
    }
    if (line !== "") doc = [];
    if (owner !== undefined && line.endsWith("{")) owners.push(owner);
    if (line === "}") owners.pop();
  }
  return all;
}
