/** Octets that nobody was given yet. Whatever leaves is overwritten here. */
import { POOL_OCTETS } from "./limits";

const octets = new StaticArray<u8>(POOL_OCTETS);
export let pooled: u32 = 0;

export function pour(more: StaticArray<u8>): void {
  const length = <u32> more.length;
  assert(length <= POOL_OCTETS - pooled);
  const to = changetype<usize>(octets) + pooled;
  memory.copy(to, changetype<usize>(more), length);
  memory.fill(changetype<usize>(more), 0, length);
  pooled += length;
}

export function drain(length: u32): StaticArray<u8> {
  assert(length <= pooled);
  pooled -= length;
  const from = changetype<usize>(octets) + pooled;
  const out = new StaticArray<u8>(length);
  memory.copy(changetype<usize>(out), from, length);
  memory.fill(from, 0, length);
  return out;
}

export function empty(): void {
  memory.fill(changetype<usize>(octets), 0, POOL_OCTETS);
  pooled = 0;
}
