/**
 * The notes that were committed with appends, the last value of each key.
 *
 * Few and short (`limits.ts`), so they are ordinary strings.
 */
import {
  BOOKMARK_KEY_OCTETS_MAX,
  BOOKMARK_VALUE_OCTETS_MAX,
  BOOKMARKS_MAX,
} from "./limits";
import { Note } from "./record";

const values = new Map<string, string>();

/** Checks a bookmark and fills `note`; empty, or which rule it breaks. */
export function encodeNote(key: string, value: string, note: Note): string {
  note.key = String.UTF8.encode(key);
  note.value = String.UTF8.encode(value);
  const keyOctets = note.key.byteLength;
  if (keyOctets < 1 || keyOctets > BOOKMARK_KEY_OCTETS_MAX) {
    return `bookmark: key of ${keyOctets} octets, ` +
      `1 to ${BOOKMARK_KEY_OCTETS_MAX} are allowed`;
  }
  if (note.value.byteLength > BOOKMARK_VALUE_OCTETS_MAX) {
    return `bookmark: value of ${note.value.byteLength} octets, ` +
      `at most ${BOOKMARK_VALUE_OCTETS_MAX} are allowed`;
  }
  return "";
}

/** Whether there is room for the bookmark. */
export function hasRoom(key: string, value: string): bool {
  return value.length == 0 || values.has(key) || values.size < BOOKMARKS_MAX;
}

/** All bookmarks, each as a record holds it. */
export function allNotes(): StaticArray<u8> {
  const keys = values.keys();
  const notes = new Array<Note>(0);
  let octets: u32 = 0;
  for (let i = 0; i < keys.length; i++) {
    const note = new Note();
    encodeNote(keys[i], values.get(keys[i]), note);
    octets += note.octets;
    notes.push(note);
  }
  const list = new StaticArray<u8>(octets);
  let at = changetype<usize>(list);
  for (let i = 0; i < notes.length; i++) at = notes[i].write(at);
  return list;
}

/** Takes what `allNotes` has given; false if it is not that. */
export function takeNotes(at: usize, octets: u32): bool {
  const end = at + octets;
  while (at < end) {
    const keyOctets: u32 = load<u8>(at);
    if (keyOctets == 0 || end - at < 3 + keyOctets) return false;
    const length: u32 = 3 + keyOctets + load<u16>(at + 1 + keyOctets);
    if (length > <u32> (end - at) || !replayNote(at, length)) return false;
    at += length;
  }
  return true;
}

export function keep(key: string, value: string): void {
  if (value.length > 0) values.set(key, value);
  else if (values.has(key)) values.delete(key);
}

export function has(key: string): bool {
  return values.has(key);
}

export function valueOf(key: string): string {
  return values.get(key);
}

/** Takes the bookmark at the end of a record; false if it is not canonical. */
export function replayNote(at: usize, octets: u32): bool {
  if (octets < 1) return false;
  const keyOctets: u32 = load<u8>(at);
  if (keyOctets == 0) return octets == 1;
  if (keyOctets > <u32> BOOKMARK_KEY_OCTETS_MAX) return false;
  if (octets < 3 + keyOctets) return false;
  const valueAt = at + 1 + keyOctets;
  const valueOctets: u32 = load<u16>(valueAt);
  if (octets != 3 + keyOctets + valueOctets) return false;
  keep(
    String.UTF8.decodeUnsafe(at + 1, keyOctets),
    String.UTF8.decodeUnsafe(valueAt + 2, valueOctets),
  );
  return true;
}
