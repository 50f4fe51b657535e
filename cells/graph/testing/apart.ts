/** Contents that are kept apart from the log, as tests make and bring them. */
import type { Refusal } from "../../../wit/gen/graph_contents.ts";
import { seeded } from "../../../conformance/sim/block_device.ts";
import type { GraphCell } from "./graph_cell.ts";
import { identityOf } from "./signals.ts";

/** Octets that look random, the same for the same seed. */
export function noise(seed: number, length: number): Uint8Array {
  const random = seeded(seed);
  const octets = new Uint8Array(length);
  for (let i = 0; i < length; i++) octets[i] = Math.floor(random() * 256);
  return octets;
}

/** The input of BLAKE3's official test vectors. */
export function official(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i % 251);
}

/** Brings a content in pieces; what the cell refused, or that it was kept. */
export function bring(
  cell: GraphCell,
  content: Uint8Array,
  { until, piece = 1 << 20, id = identityOf(content) }: {
    readonly until?: bigint | undefined;
    readonly piece?: number;
    readonly id?: Uint8Array;
  } = {},
): "kept" | Refusal {
  const begun = cell.contents.begin(id, BigInt(content.length), until);
  if (begun.tag === "err") return begun.val;
  for (let at = 0; at < content.length; at += piece) {
    const part = content.slice(at, at + piece);
    const answer = cell.contents.write(begun.val, part);
    if (answer.tag === "err") return answer.val;
  }
  const kept = cell.contents.finish(begun.val);
  return kept.tag === "err" ? kept.val : "kept";
}

/** The whole content by ranges, or undefined where one of them is not given. */
export function readBack(
  cell: GraphCell,
  particle: number,
  size: number,
  piece: number,
): Uint8Array | undefined {
  const all = new Uint8Array(size);
  for (let at = 0; at < size; at += piece) {
    const answer = cell.reads.content(particle, BigInt(at), piece);
    if (answer.tag === "err" || answer.val === undefined) return undefined;
    all.set(answer.val, at);
  }
  return all;
}
