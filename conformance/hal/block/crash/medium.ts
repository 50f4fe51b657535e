/**
 * What a driver did to its medium, and every state that a power cut may leave.
 *
 * A flush of the medium is a barrier: all before it is there for certain. Of what
 * came after it each sector is there or not, whatever its neighbours are. An older
 * act never comes over a newer one of the same place.
 *
 * Deliberately absent: sectors that are torn within. A medium that tears them
 * shows mixes of the same octets, which the contract allows as well.
 */

export const SECTOR_OCTETS = 512;

/** One thing that was done to the medium, in the order in which it was done. */
export type MediumAct =
  | {
    readonly kind: "write";
    readonly offset: number;
    readonly data: Uint8Array;
  }
  /** Zeros, by a discard that the medium carries out. */
  | { readonly kind: "zero"; readonly offset: number; readonly length: number }
  /** A medium that grows was cut, or made longer. */
  | { readonly kind: "resize"; readonly length: number }
  /** Everything before is durable. */
  | { readonly kind: "flush" };

/** Which of a change's sectors are there. */
export type Part = (sector: number) => boolean;

export interface Change {
  readonly act: Exclude<MediumAct, { kind: "flush" }>;
  /** Pieces that are there or not by themselves. */
  readonly sectors: number;
}

/** The durable octets, and what may be there beside them. */
export interface Cut {
  readonly durable: Uint8Array;
  readonly pending: readonly Change[];
}

/** What is certain and what is not after `acts` on a medium of these octets. */
export function cutAfter(octets: Uint8Array, acts: readonly MediumAct[]): Cut {
  const barrier = acts.findLastIndex(({ kind }) => kind === "flush");
  const changes = acts.map(changeOf);
  const known = changes.slice(0, barrier + 1).filter((one) => one !== null);
  const pending = changes.slice(barrier + 1).filter((one) => one !== null);
  return { durable: withChanges(octets, known), pending };
}

function changeOf(act: MediumAct): Change | null {
  if (act.kind === "flush") return null;
  if (act.kind === "resize") return { act, sectors: 1 };
  const length = act.kind === "write" ? act.data.length : act.length;
  const first = Math.floor(act.offset / SECTOR_OCTETS);
  const end = Math.ceil((act.offset + length) / SECTOR_OCTETS);
  return { act, sectors: end - first };
}

/** The octets after the changes, or the parts of them that are there. */
export function withChanges(
  octets: Uint8Array,
  changes: readonly Change[],
  parts?: readonly Part[],
): Uint8Array {
  let now: Uint8Array = octets.slice();
  changes.forEach((change, index) => {
    now = changed(now, change, parts?.[index]);
  });
  return now;
}

function changed(now: Uint8Array, { act, sectors }: Change, part?: Part) {
  if (act.kind === "resize") {
    return part?.(0) === false ? now : resized(now, act.length);
  }
  const length = act.kind === "write" ? act.data.length : act.length;
  const first = Math.floor(act.offset / SECTOR_OCTETS);
  let then = now;
  if (part === undefined) {
    const end = act.offset + length;
    if (end > then.length) then = resized(then, end);
    if (act.kind === "zero") then.fill(0, act.offset, end);
    else then.set(act.data, act.offset);
    return then;
  }
  for (let i = 0; i < sectors; i++) {
    if (!part(i)) continue;
    const from = Math.max(act.offset, (first + i) * SECTOR_OCTETS);
    const to = Math.min(act.offset + length, (first + i + 1) * SECTOR_OCTETS);
    if (to > then.length) then = resized(then, to);
    if (act.kind === "zero") then.fill(0, from, to);
    else then.set(act.data.subarray(from - act.offset, to - act.offset), from);
  }
  return then;
}

function resized(octets: Uint8Array, length: number): Uint8Array {
  if (length <= octets.length) return octets.slice(0, length);
  const longer = new Uint8Array(length);
  longer.set(octets);
  return longer;
}

/** Takes down what reaches a medium; a fixture puts it between. */
export class Recorder {
  #acts: MediumAct[] = [];

  write(offset: number, data: Uint8Array): void {
    this.#acts.push({ kind: "write", offset, data: data.slice() });
  }

  zero(offset: number, length: number): void {
    this.#acts.push({ kind: "zero", offset, length });
  }

  resize(length: number): void {
    this.#acts.push({ kind: "resize", length });
  }

  flush(): void {
    this.#acts.push({ kind: "flush" });
  }

  /** What came since the last time. */
  take(): MediumAct[] {
    const acts = this.#acts;
    this.#acts = [];
    return acts;
  }
}
