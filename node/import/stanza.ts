/**
 * One stanza of a Debian index: the fields that matter, and their links.
 *
 * Field names are compared without case, a field may be given once, its value
 * may go on over lines that begin with a space or tab. Values that give no link
 * are not decoded.
 */
import type { BadRecord } from "./refusal.ts";

const DESCRIPTION = "description";
const PACKAGE = "package";
const RELATIONS: ReadonlySet<string> = new Set(["depends", "pre-depends"]);
const COLON = 0x3a;
const HASH = 0x23;
/** A field name is far shorter; what is longer is not decoded. */
const NAME_OCTETS_MAX = 64;

const NAME = /^[A-Za-z0-9][A-Za-z0-9+.-]*$/;
/** After runs of white space are made one space, so matching is linear. */
const RELATION =
  /^([A-Za-z0-9][A-Za-z0-9+.-]*)(?::[A-Za-z0-9-]+)? ?(?:\([^()]*\))? ?(?:\[[^[\]]*\])?(?: ?<[^<>]*>)*$/;

interface Field {
  readonly line: number;
  readonly name: string;
  value: string;
}

export class Stanza {
  /** The first thing that is wrong with it. */
  bad: BadRecord | undefined;
  readonly #fields = new Map<string, Field>();
  readonly #seen = new Set<string>();
  /** The field that a continuation line belongs to; none yet: undefined. */
  #open: Field | "other" | undefined;

  /** `offset` and `line0` are the place of its first line. */
  constructor(readonly offset: number, readonly line0: number) {}

  refuse(line: number, reason: string): void {
    this.bad ??= { line, reason };
  }

  /** Takes the stanza's next line. */
  line(number: number, octets: Uint8Array, start: number, end: number): void {
    if (this.bad !== undefined) return;
    const first = octets[start];
    if (first === HASH) return;
    if (first === 0x20 || first === 0x09) {
      this.#continue(number, octets, start, end);
      return;
    }
    const colon = octets.subarray(start, end).indexOf(COLON);
    if (colon < 1 || colon > NAME_OCTETS_MAX) {
      this.refuse(number, "not a field: wants `Name: value`");
      return;
    }
    const key = text(octets, start, start + colon)?.toLowerCase();
    if (key === undefined || !/^[!-9;-~]+$/.test(key)) {
      this.refuse(number, "not a field name");
    } else if (this.#seen.has(key)) {
      this.refuse(number, `field "${key}" is given twice`);
    } else {
      this.#seen.add(key);
      this.#begin(key, number, octets, start + colon + 1, end);
    }
  }

  /** Package and targets in order; empty after `bad`. */
  links(): { name: Uint8Array; targets: Uint8Array[] } {
    const encoder = new TextEncoder();
    const name = this.#fields.get(PACKAGE)?.value.trim() ?? "";
    if (this.bad === undefined && this.#seen.size > 0 && !NAME.test(name)) {
      const field = this.#fields.get(PACKAGE);
      this.refuse(
        field?.line ?? this.line0,
        field === undefined
          ? "stanza without `Package`"
          : `not a package name: "${cut(name)}"`,
      );
    }
    const targets = new Set<string>();
    for (const field of this.#fields.values()) {
      if (RELATIONS.has(field.name)) this.#relations(field, targets);
    }
    const description = this.#fields.get(DESCRIPTION)?.value.trim() ?? "";
    const all = [...targets, ...(description === "" ? [] : [description])];
    if (this.bad !== undefined) return { name: encoder.encode(), targets: [] };
    return {
      name: encoder.encode(name),
      targets: all.map((target) => encoder.encode(target)),
    };
  }

  #begin(
    key: string,
    number: number,
    octets: Uint8Array,
    start: number,
    end: number,
  ): void {
    if (key !== PACKAGE && key !== DESCRIPTION && !RELATIONS.has(key)) {
      this.#open = "other";
      return;
    }
    const value = text(octets, start, end);
    if (value === undefined) return this.refuse(number, "not UTF-8");
    this.#open = { line: number, name: key, value };
    this.#fields.set(key, this.#open);
  }

  #continue(
    number: number,
    octets: Uint8Array,
    start: number,
    end: number,
  ): void {
    const field = this.#open;
    if (field === undefined) {
      this.refuse(number, "a continuation line without a field");
    } else if (field !== "other" && field.name !== DESCRIPTION) {
      const more = text(octets, start, end);
      if (more === undefined) return this.refuse(number, "not UTF-8");
      field.value += ` ${more}`;
    }
  }

  /** Adds the first alternative of each relation. */
  #relations(field: Field, targets: Set<string>): void {
    for (const relation of field.value.split(",")) {
      const first = (relation.split("|", 1)[0] ?? "").trim();
      if (first === "" && relation.trim() === "") continue;
      const match = RELATION.exec(first.replace(/[ \t]+/g, " "));
      if (match === null) {
        const reason = `not a relation in \`${field.name}\`: "${cut(first)}"`;
        return this.refuse(field.line, reason);
      }
      targets.add(match[1] as string);
    }
  }
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function text(
  octets: Uint8Array,
  start: number,
  end: number,
): string | undefined {
  try {
    return strict.decode(octets.subarray(start, end));
  } catch {
    return undefined;
  }
}

/** Enough of a text to recognise it by. */
function cut(value: string): string {
  return value.length > 60 ? `${value.slice(0, 60)}…` : value;
}
