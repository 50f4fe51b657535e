/**
 * A part's work: the sums of a walk's rows, and nothing of what is made of them.
 *
 * The sums are those of `rows.ts`, by the same functions: a row's sum depends on the
 * row and the vector alone.
 */
import { CHUNK_ENTRIES, PIECE } from "./limits";
import { both, inward, Rows, SINGLE, UNIT, Weights } from "./matrix";
import { dot, dotPairs, longPairs, longRow, takeLong, takePairs, Walk } from "./rows";
import { DIFFUSION_WALK, SPRING_WALK } from "./tasks";

/** Puts the sums of some rows from `Walk.row` on at `sums`; at most `PIECE` rows. */
export function sumPiece(walk: u32, x: usize, sums: usize): void {
  const rows = walk == DIFFUSION_WALK ? inward : both;
  const isPair = walk == SPRING_WALK;
  if (Weights.kind == UNIT) isPair ? pairRows<u8>(rows, x, sums) : oneRows<u8>(rows, x, sums);
  else if (Weights.kind == SINGLE) {
    isPair ? pairRows<f32>(rows, x, sums) : oneRows<f32>(rows, x, sums);
  } else isPair ? pairRows<f64>(rows, x, sums) : oneRows<f64>(rows, x, sums);
}

function oneRows<T>(rows: Rows, x: usize, sums: usize): void {
  const starts = rows.starts.at;
  const columns = rows.columns.at;
  const weights = rows.weights.at;
  const end = Walk.end;
  let r = Walk.row;
  for (let work: u32 = 0; r < end && work < PIECE; ++r) {
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let sum: f64 = 0;
    if (to - from <= CHUNK_ENTRIES) sum = dot<T>(columns, weights, x, from, to);
    else if (longRow<T>(columns, weights, x, from, to)) sum = takeLong();
    else break;
    store<f64>(sums, sum);
    sums += 8;
    work += to - from + 2;
  }
  Walk.row = r;
}

function pairRows<T>(rows: Rows, x: usize, sums: usize): void {
  const starts = rows.starts.at;
  const columns = rows.columns.at;
  const weights = rows.weights.at;
  const end = Walk.end;
  let r = Walk.row;
  for (let work: u32 = 0; r < end && work < PIECE; ++r) {
    const from = load<u32>(starts + (<usize>r << 2));
    const to = load<u32>(starts + (<usize>r << 2), 4);
    let both = f64x2.splat(0);
    if (to - from <= CHUNK_ENTRIES) both = dotPairs<T>(columns, weights, x, from, to);
    else if (longPairs<T>(columns, weights, x, from, to)) both = takePairs();
    else break;
    v128.store(sums, both);
    sums += 16;
    work += to - from + 2;
  }
  Walk.row = r;
}
