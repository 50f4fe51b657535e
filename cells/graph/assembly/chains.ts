/**
 * Where the neurons' chains of signals stand, and whether a signal follows.
 *
 * Within one append a signal may follow another one of the same append: the
 * chains are therefore looked up among its earlier entries first.
 */
import { copy32, equal32 } from "../../sdk/assembly/bytes";
import { HASH_BLAKE3, IDENTITY_OCTETS } from "./limits";
import { Signal } from "./signal";
import {
  LAST_HEIGHT,
  neuronIndex,
  neurons,
  NEXT_STEP,
  signalIndex,
  signals,
} from "./tables";

export enum Follows {
  Yes,
  Equivocation,
  WrongStep,
  WrongPrevious,
}

/** The end of the chain that was asked for last. */
export let nextStep: u64 = 0;
export const previous: usize = memory.data(40, 16);

/** Looks the chain of the neuron with this digest up. */
export function findChain(neuron: usize): void {
  nextStep = 0;
  memory.fill(previous, 0, IDENTITY_OCTETS);
  const entry = neuronIndex.find(neuron);
  if (entry == 0) return;
  const row = neurons.at(entry - 1);
  nextStep = load<u64>(row, NEXT_STEP);
  setPrevious(signals.at(load<u32>(row, LAST_HEIGHT) - 1));
}

/** Puts a chain's end there as if it had been looked up. */
export function setChain(step: u64, identity: usize): void {
  nextStep = step;
  memory.copy(previous, identity, IDENTITY_OCTETS);
}

function setPrevious(digest: usize): void {
  store<u8>(previous, HASH_BLAKE3);
  copy32(previous + 1, digest);
}

/**
 * Whether entry `index` follows the record and the entries before it;
 * `digests` holds the entries' identities, 32 octets each.
 */
export function follows(
  entries: StaticArray<Signal>,
  digests: usize,
  index: i32,
): Follows {
  const signal = entries[index];
  const digest = digests + (<usize> index << 5);
  findChain(signal.neuron + 1);
  let known = signalIndex.find(digest) != 0;
  for (let i = 0; i < index; i++) {
    const earlier = digests + (<usize> i << 5);
    if (equal32(earlier, digest)) known = true;
    if (!equal32(entries[i].neuron + 1, signal.neuron + 1)) continue;
    nextStep = entries[i].step + 1;
    setPrevious(earlier);
  }
  if (signal.step < nextStep && !known) return Follows.Equivocation;
  if (signal.step != nextStep) return Follows.WrongStep;
  return previousIs(signal.previous) ? Follows.Yes : Follows.WrongPrevious;
}

function previousIs(identity: usize): bool {
  return equal32(previous, identity) &&
    load<u8>(previous, 32) == load<u8>(identity, 32);
}
