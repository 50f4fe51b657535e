/**
 * What the importers' tests share: a draft decoder, chunkings, seeded chance.
 *
 * The decoder is written from wit/cells/graph/encodings.md alone, so that it
 * can disagree with the writer. Not imported outside tests.
 */
import { deepStrictEqual, ok } from "node:assert/strict";
import type { Batch } from "./batch.ts";
import { ImportRefusal } from "./refusal.ts";

export interface End {
  readonly text?: string;
  readonly id?: string;
}

export interface Link {
  readonly from: string;
  readonly to: string;
  readonly amount: bigint;
  readonly valence: number;
}

/** Links of a draft; ends as their text, or `cid:` and hexadecimal digits. */
export function decodeDraft(draft: Uint8Array): Link[] {
  const view = new DataView(draft.buffer, draft.byteOffset, draft.byteLength);
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const count = view.getUint16(0, true);
  ok(count >= 1 && count <= 4096, `link count ${count}`);
  let at = 2;
  const end = () => {
    const tag = view.getUint8(at);
    const length = view.getUint32(at + 1, true);
    const octets = draft.subarray(at + 5, at + 5 + length);
    ok(octets.length === length, "end inside the draft");
    at += 5 + length;
    if (tag === 0) {
      ok(length <= 2 ** 20, "content length");
      return text.decode(octets);
    }
    ok(tag === 1 && length === 33 && octets[0] === 1, "identity");
    return `cid:${octets.toHex()}`;
  };
  const links = Array.from({ length: count }, () => {
    const from = end();
    const to = end();
    ok(view.getUint8(at) === 0, "default token");
    const amount = view.getBigUint64(at + 1, true);
    const valence = view.getInt8(at + 9);
    at += 10;
    ok(amount < 2n ** 48n && Math.abs(valence) <= 1, "amount and valence");
    return { from, to, amount, valence };
  });
  ok(at === draft.length, "no trailing octets");
  ok(draft.length <= 4 * 1024 * 1024, "draft length");
  return links;
}

export const utf8 = (text: string): Uint8Array =>
  new TextEncoder().encode(text);

/** `octets` cut into chunks of lengths that `size` gives. */
export async function* chunks(
  octets: Uint8Array,
  size: () => number,
): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  for (let at = 0; at < octets.length;) {
    const end = Math.min(octets.length, at + Math.max(0, size()));
    yield octets.slice(at, end);
    at = end;
  }
}

export const whole = (octets: Uint8Array): AsyncGenerator<Uint8Array> =>
  chunks(octets, () => octets.length);

export interface Outcome {
  readonly batches: readonly Batch[];
  /** Message of the refusal that ended the import, if one did. */
  readonly refusal: string | undefined;
}

/** Runs an import to its end; anything but a refusal fails the test. */
export async function outcome(
  batches: AsyncIterable<Batch>,
): Promise<Outcome> {
  const got: Batch[] = [];
  try {
    for await (const batch of batches) got.push(batch);
  } catch (error) {
    if (!(error instanceof ImportRefusal)) throw error;
    return { batches: got, refusal: error.message };
  }
  return { batches: got, refusal: undefined };
}

export const linksOf = (batches: readonly Batch[]): Link[] =>
  batches.flatMap((batch) => {
    const links = decodeDraft(batch.draft);
    deepStrictEqual(batch.links, links.length);
    return links;
  });

/** Integers below `limit` from a seed (xorshift32). */
export function chance(seed: number): (limit: number) => number {
  let state = seed | 1;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** A copy of `octets` with a few random edits. */
export function mutated(
  octets: Uint8Array,
  below: (limit: number) => number,
): Uint8Array {
  const copy = Array.from(octets);
  for (let edits = 1 + below(8); edits > 0 && copy.length > 0; edits--) {
    const at = below(copy.length);
    const kind = below(3);
    if (kind === 0) copy[at] = below(256);
    else if (kind === 1) copy.splice(at, 1 + below(4));
    else copy.splice(at, 0, below(256), below(128));
  }
  return Uint8Array.from(copy);
}

/** Checks that chunking, resuming and mutation keep their promises. */
export async function checkProperties(
  octets: Uint8Array,
  run: (
    source: AsyncIterable<Uint8Array>,
    options: { resume?: string; skipBad?: boolean },
  ) => AsyncGenerator<Batch>,
  seed: number,
): Promise<void> {
  const below = chance(seed);
  const all = await outcome(run(whole(octets), {}));
  for (let round = 0; round < 12; round++) {
    const largest = [1, 2, 7, 64, 4096][round % 5] ?? 1;
    if (largest < 7 && octets.length > 100_000) continue;
    const cut = await outcome(
      run(chunks(octets, () => below(largest + 1)), {}),
    );
    deepStrictEqual(cut, all, `seed ${seed}, round ${round}: chunking`);
  }
  for (const [index, batch] of all.batches.entries()) {
    const resumed = await outcome(
      run(whole(octets.slice(batch.offset)), { resume: batch.position }),
    );
    deepStrictEqual(
      resumed.batches,
      all.batches.slice(index + 1),
      `seed ${seed}: resumed after batch ${index}`,
    );
  }
  const small = octets.slice(0, 4000);
  for (let round = 0; round < 300; round++) {
    const bad = mutated(small, below);
    const strict = await outcome(run(whole(bad), {}));
    const lax = await outcome(run(whole(bad), { skipBad: true }));
    linksOf(strict.batches);
    linksOf(lax.batches);
    ok(lax.refusal === undefined, `seed ${seed}: ${lax.refusal}`);
  }
}
