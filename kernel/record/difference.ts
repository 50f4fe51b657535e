/**
 * Where two values differ first, and values in words.
 */
import { SHOWN_CHARS_MAX } from "./limits.ts";

export interface Parting {
  /** `[1].links[3].amount`; empty if they differ as a whole. */
  readonly path: string;
  readonly want: string;
  readonly got: string;
}

/** The first place, in the order of members; `undefined` if they are equal. */
export function parting(
  want: unknown,
  got: unknown,
  path = "",
): Parting | undefined {
  if (isList(want) && isList(got)) return listParting(want, got, path);
  if (isRecord(want) && isRecord(got)) {
    const names = new Set([...Object.keys(want), ...Object.keys(got)]);
    // A variant of another case has other members: its case says it all.
    const ordered = [...names].sort((a, b) =>
      a === "tag" ? -1 : b === "tag" ? 1 : a < b ? -1 : 1
    );
    for (const name of ordered) {
      const found = parting(want[name], got[name], `${path}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return Object.is(want, got)
    ? undefined
    : { path, want: shown(want), got: shown(got) };
}

function listParting(
  want: ArrayLike<unknown>,
  got: ArrayLike<unknown>,
  path: string,
): Parting | undefined {
  const length = Math.min(want.length, got.length);
  for (let at = 0; at < length; at++) {
    const found = parting(want[at], got[at], `${path}[${at}]`);
    if (found !== undefined) return found;
  }
  return want.length === got.length ? undefined : {
    path: `${path}.length`,
    want: String(want.length),
    got: String(got.length),
  };
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) ||
    ArrayBuffer.isView(value) && !(value instanceof DataView);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !isList(value);
}

/** A value in one short line. */
export function shown(value: unknown): string {
  const text = words(value, SHOWN_CHARS_MAX);
  return text.length <= SHOWN_CHARS_MAX
    ? text
    : `${text.slice(0, SHOWN_CHARS_MAX - 1)}…`;
}

/** Stops soon after `room` characters: values can be huge. */
function words(value: unknown, room: number): string {
  if (room <= 0) return "…";
  if (value === undefined) return "none";
  if (typeof value === "string") return JSON.stringify(value.slice(0, room));
  if (Object.is(value, -0)) return "-0";
  if (value instanceof Uint8Array) {
    return `${value.length} octets ${value.subarray(0, 32).toHex()}`;
  }
  if (isList(value)) {
    return `[${
      joined(value.length, room, (at, left) => words(value[at], left))
    }]`;
  }
  if (!isRecord(value)) return String(value);
  const members = Object.entries(value);
  return `{${
    joined(members.length, room, (at, left) => {
      const [name, member] = members[at] ?? [];
      return `${name}: ${words(member, left)}`;
    })
  }}`;
}

function joined(
  count: number,
  room: number,
  part: (at: number, left: number) => string,
): string {
  let text = "";
  for (let at = 0; at < count; at++) {
    if (at > 0) text += ", ";
    if (text.length > room) return `${text}…`;
    text += part(at, room - text.length);
  }
  return text;
}
