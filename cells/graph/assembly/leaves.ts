/**
 * The leaves of the two indexes of links, and their trees.
 *
 * A leaf's row has 64 octets and holds what its payload says, so that a leaf
 * is hashed from it; the namespace is the neuron's or particle's own row.
 * `state.md` gives the payloads.
 */
import { copy32 } from "../../sdk/assembly/bytes";
import { Rows } from "../../sdk/assembly/rows";
import { neurons, particles } from "./tables";
import { Trie } from "./trie";

/** What commits to the leaf's links. */
export const CHAIN: usize = 0;
/** Sums of amounts, 10 octets each: by-particle. */
export const SUM_IN: usize = 32;
export const SUM_OUT: usize = 42;
/** Sum of amounts (10), height of the last link (4): by-neuron. */
export const SUM: usize = 32;
export const LAST: usize = 44;
export const COUNT: usize = 52;
/** Row of the neuron or particle; in checkpoints the particle's number. */
export const OWNER: usize = 56;
const PARENT: usize = 60;

const LEAF_ROW_OCTETS: usize = 64;
export const BY_NEURON_OCTETS: u32 = 64;
export const BY_PARTICLE_OCTETS: u32 = 72;

/** Adds to a sum of 10 octets. */
// @ts-ignore: decorator
@inline
export function addTo(sum: usize, amount: u64): void {
  const low = load<u64>(sum) + amount;
  store<u64>(sum, low);
  if (low < amount) store<u16>(sum, load<u16>(sum, 8) + 1, 8);
}

/** Writes a sum as 16 octets. */
function writeSum(sum: usize, to: usize): void {
  store<u64>(to, load<u64>(sum));
  store<u64>(to, load<u16>(sum, 8), 8);
}

export abstract class Leaves extends Trie {
  readonly leaves: Rows = new Rows(6);
  /** Leaf + 1 of each neuron or particle, 0 while it has none. */
  readonly known: Rows = new Rows(2);

  abstract ownerDigest(owner: u32): usize;
  /** Writes the part of the payload behind the links. */
  abstract writeRest(row: usize, to: usize): void;

  /** Pages that `more` leaves and `owners` owners in all can take. */
  pagesFor(more: u32, owners: u32): i32 {
    return this.inner.pagesFor(more) + this.leaves.pagesFor(more) +
      this.known.pagesFor(owners - this.known.length);
  }

  /** There are so many owners; none of them needs to have a leaf. */
  know(owners: u32): void {
    while (this.known.length < owners) store<u32>(this.known.push(), 0);
  }

  /** Begins anew with no leaf. */
  forget(): void {
    this.reset();
    this.leaves.cut(0);
    this.known.cut(0);
  }

  /** The owner's leaf + 1, 0 where there is none. */
  find(owner: u32): u32 {
    return owner < this.known.length ? load<u32>(this.known.at(owner)) : 0;
  }

  /** The owner's leaf, made if there is none, marked as changed. */
  leafOf(owner: u32): usize {
    const known = this.known.at(owner);
    let leaf = load<u32>(known);
    if (leaf == 0) {
      const row = this.leaves.push();
      memory.fill(row, 0, LEAF_ROW_OCTETS);
      leaf = this.leaves.length;
      store<u32>(known, leaf);
      store<u32>(row, owner, OWNER);
      this.insert(leaf - 1);
      return row;
    }
    this.touch(leaf - 1);
    return this.leaves.at(leaf - 1);
  }

  /** The leaf's owner has it, which is known from its row. */
  adoptLeaf(leaf: u32): void {
    const owner = load<u32>(this.leaves.at(leaf), OWNER);
    store<u32>(this.known.at(owner), leaf + 1);
  }

  digestOf(leaf: u32): usize {
    return this.ownerDigest(load<u32>(this.leaves.at(leaf), OWNER));
  }

  parentOf(leaf: u32): usize {
    return this.leaves.at(leaf) + PARENT;
  }

  writePayload(leaf: u32, to: usize): void {
    const row = this.leaves.at(leaf);
    store<u64>(to, load<u32>(row, COUNT));
    copy32(to + 8, row + CHAIN);
    this.writeRest(row, to + 40);
  }
}

class ByNeuron extends Leaves {
  ownerDigest(owner: u32): usize {
    return neurons.at(owner);
  }
  writeRest(row: usize, to: usize): void {
    writeSum(row + SUM, to);
    store<u64>(to, load<u32>(row, LAST), 16);
  }
}

class ByParticle extends Leaves {
  ownerDigest(owner: u32): usize {
    return particles.rows.at(owner);
  }
  writeRest(row: usize, to: usize): void {
    writeSum(row + SUM_IN, to);
    writeSum(row + SUM_OUT, to + 16);
  }
}

export const byNeuron: Leaves = new ByNeuron(BY_NEURON_OCTETS);
export const byParticle: Leaves = new ByParticle(BY_PARTICLE_OCTETS);

/** The same indexes of a past height. */
export const pastByNeuron: Leaves = new ByNeuron(BY_NEURON_OCTETS);
export const pastByParticle: Leaves = new ByParticle(BY_PARTICLE_OCTETS);
