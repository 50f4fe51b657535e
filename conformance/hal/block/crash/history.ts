/**
 * Histories of operations, and what a crash at any moment of one may leave.
 *
 * A block holds what the last good flush covered, or something that was written
 * or discarded since, or octets of these; a block that nothing was done to since
 * holds what was flushed and nothing else.
 */
import { ok } from "node:assert/strict";
import type { Block } from "../../../../hal/block_contract.ts";
import { accepted, at, pattern } from "../asserts.ts";
import { BLOCK_OCTETS, BLOCKS, TRANSFER_BLOCKS } from "../case.ts";

export type Operation =
  | {
    readonly kind: "write";
    readonly block: number;
    readonly data: Uint8Array;
  }
  | { readonly kind: "discard"; readonly block: number; readonly count: number }
  | { readonly kind: "flush" };

/** Blocks that histories are about; the ones around them must stay zeros. */
export const FIRST = 3;
export const USED = 8;
const SPAN_MAX = 3;
const FLUSH_SHARE = 0.25;
const DISCARD_SHARE = 0.1;

const ZEROS = new Uint8Array(BLOCK_OCTETS);

export const flush: Operation = { kind: "flush" };

export function writeOf(block: number, seed: number, count = 1): Operation {
  return { kind: "write", block, data: pattern(seed, count) };
}

/** Operations on a few blocks, so that they meet; the last one is a flush. */
export function drawn(random: () => number, length: number): Operation[] {
  const below = (most: number) => Math.floor(random() * most);
  const operations: Operation[] = [];
  for (let i = 0; i < length - 1; i++) {
    const block = FIRST + below(USED);
    const count = 1 + below(Math.min(SPAN_MAX, FIRST + USED - block));
    const kind = random();
    if (kind < FLUSH_SHARE) operations.push(flush);
    else if (kind < FLUSH_SHARE + DISCARD_SHARE) {
      operations.push({ kind: "discard", block, count });
    } else operations.push(writeOf(block, 1 + below(250), count));
  }
  return [...operations, flush];
}

/** Does one; every one of a sound device on a sound medium is accepted. */
export function act(device: Block, operation: Operation): void {
  switch (operation.kind) {
    case "write":
      return accepted(
        device.write(at(operation.block), operation.data),
        "write",
      );
    case "discard": {
      const { block, count } = operation;
      return accepted(device.discard(at(block), at(count)), "discard");
    }
    case "flush":
      return accepted(device.flush(), "flush");
  }
}

/** All octets as reads show them. */
export function shown(device: Block): Uint8Array {
  const all = new Uint8Array(BLOCKS * BLOCK_OCTETS);
  const most = TRANSFER_BLOCKS * BLOCK_OCTETS;
  for (let from = 0; from < all.length; from += most) {
    const result = device.read(BigInt(from), most);
    ok(result.tag === "ok", `a read was refused: ${reasonOf(result)}`);
    all.set(result.val, from);
  }
  return all;
}

function reasonOf(answer: { tag: string; val?: unknown }): string {
  const { val } = answer;
  return typeof val === "object" && val !== null && "tag" in val
    ? String(val.tag)
    : "";
}

/** What each block may hold. */
export class Promised {
  /** Of each block: what a crash may show of it if nothing is done any more. */
  #durable: Uint8Array[][];
  /** Versions since the last good flush. */
  #since: Uint8Array[][] = Array.from({ length: BLOCKS }, () => []);
  /** What a read may show now. */
  #visible: Uint8Array[][];

  constructor(octets: Uint8Array = new Uint8Array(BLOCKS * BLOCK_OCTETS)) {
    this.#durable = Array.from(
      { length: BLOCKS },
      (_, i) => [octets.subarray(i * BLOCK_OCTETS, (i + 1) * BLOCK_OCTETS)],
    );
    this.#visible = [...this.#durable];
  }

  /** It was begun: a crash may show any part of it. */
  begin(operation: Operation): void {
    if (operation.kind === "flush") return;
    const count = operation.kind === "write"
      ? operation.data.length / BLOCK_OCTETS
      : operation.count;
    for (let i = 0; i < count; i++) {
      const version = operation.kind === "write"
        ? operation.data.subarray(i * BLOCK_OCTETS, (i + 1) * BLOCK_OCTETS)
        : ZEROS;
      const number = operation.block + i;
      this.#since[number]?.push(version);
      this.#visible[number] = operation.kind === "write"
        ? [version]
        : [...this.#visible[number] ?? [], version];
    }
  }

  /** It was acknowledged. */
  end(operation: Operation): void {
    if (operation.kind !== "flush") return;
    this.#durable = [...this.#visible];
    this.#since = this.#since.map(() => []);
  }

  /** What is shown after a crash is one of the things that may be. */
  holds(all: Uint8Array, when: () => string): void {
    for (let number = 0; number < BLOCKS; number++) {
      const versions = [
        ...this.#durable[number] ?? [],
        ...this.#since[number] ?? [],
      ];
      const from = number * BLOCK_OCTETS;
      const wrong = firstWrong(all, from, versions);
      if (wrong === undefined) continue;
      const what = this.#since[number]?.length === 0
        ? "not what was flushed"
        : "neither old nor new";
      ok(false, `block ${number}, octet ${wrong}: ${what}; ${when()}`);
    }
  }
}

/** The first octet of a block that is of no version. */
function firstWrong(
  all: Uint8Array,
  from: number,
  versions: readonly Uint8Array[],
): number | undefined {
  const now = all.subarray(from, from + BLOCK_OCTETS);
  if (versions.some((version) => isSame(now, version))) return undefined;
  const wrong = now.findIndex((octet, i) =>
    versions.every((version) => version[i] !== octet)
  );
  return wrong < 0 ? undefined : wrong;
}

/** By words: thousands of blocks are compared. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  const a = wordsOf(one);
  const b = wordsOf(other);
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Blocks lie at multiples of their size in their buffers. */
function wordsOf(block: Uint8Array): Uint32Array {
  return new Uint32Array(block.buffer, block.byteOffset, BLOCK_OCTETS / 4);
}
