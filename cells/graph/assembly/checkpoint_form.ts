/**
 * What a checkpoint holds: a header, and rows of tables in pieces. STORE.md.
 *
 * Only what cannot be derived is in it: chains of links, counts and indexes are
 * made anew when it is read. Rows do not straddle pieces; both sides divide
 * them by `rowsFor`.
 */
import { flush } from "../../sdk/assembly/blake3_queue";
import { copy32 } from "../../sdk/assembly/bytes";
import { Rows } from "../../sdk/assembly/rows";
import { byBalance, byCard, byCoin, byFocus } from "./account_leaves";
import {
  accounts,
  cards,
  changes,
  coins,
  focused,
  holders,
  lateAccounts,
  outputs,
} from "./accounts";
import { readParticle } from "./checkpoint_particles";
import { byNeuron, byParticle, OWNER } from "./leaves";
import { readLink } from "./link_table";
import { gaps } from "./space";
import { stored } from "./stored";
import { CHECKPOINT_PIECE_OCTETS } from "./limits";
import {
  contents,
  heightOf,
  lateAxons,
  LINK_FROM,
  LINK_TO,
  links,
  neurons,
  particles,
  signals,
  signers,
  tokenOf,
  tokens,
  weightOf,
} from "./tables";

export enum Section {
  Particles,
  Links,
  Signals,
  Neurons,
  Tokens,
  Contents,
  NeuronLeaves,
  NeuronNodes,
  ParticleLeaves,
  ParticleNodes,
  Bookmarks,
  LateAxons,
  // Those from here on are empty in a record without operations and rules.
  Holders,
  Focused,
  Coins,
  Accounts,
  Outputs,
  Cards,
  Changes,
  FocusLeaves,
  FocusNodes,
  BalanceLeaves,
  BalanceNodes,
  CoinLeaves,
  CoinNodes,
  CardLeaves,
  CardNodes,
  Sundry,
  LateAccounts,
  // Those from here on are empty where no content is kept apart.
  Gaps,
  Stored,
  /** Behind the last one. */
  End,
}

export const SECTIONS: u32 = <u32> Section.End;

/** "KCHK" */
export const MAGIC: u32 = 0x4b48434b;
/** The sections of accounts are empty. */
export const VERSION: u32 = 1;
export const VERSION_ACCOUNTS: u32 = 2;
/** There may be contents that are kept apart. */
export const VERSION_APART: u32 = 3;
export const HEADER_OCTETS: u32 = 256;

export const VERSION_AT: usize = 4;
export const RECORDS_AT: usize = 8;
export const END_AT: usize = 16;
export const CHAIN_AT: usize = 24;
export const DIGEST_AT: usize = 56;
export const PIECES_AT: usize = 88;
export const FOLDED_LINKS_AT: usize = 92;
export const FOLDED_HEIGHT_AT: usize = 96;
export const NEURON_ROOT_AT: usize = 100;
export const PARTICLE_ROOT_AT: usize = 104;
/** Octets of the last piece; the others are full. */
export const LAST_PIECE_AT: usize = 108;
/** Rows of each section, 4 octets each. */
export const COUNTS_AT: usize = 112;

/** Clock, folded values, roots of the trees of accounts, folded changes. */
export const sundry = new Rows(8);
export const SUNDRY_FOLDED: usize = 64;
export const SUNDRY_ROOTS: usize = 160;
export const SUNDRY_CHANGES: usize = 176;

/** Octets of a row in the checkpoint. */
export function rowOctets(section: Section): u32 {
  switch (section) {
    case Section.Particles:
      return 40;
    case Section.Links:
      return 24;
    case Section.Signals:
      return 36;
    case Section.Neurons:
    case Section.Tokens:
      return 32;
    case Section.Contents:
    case Section.Gaps:
      return 16;
    case Section.Stored:
      return 72;
    case Section.Bookmarks:
      return 1;
    case Section.LateAxons:
    case Section.Focused:
      return 4;
    case Section.LateAccounts:
      return 16;
    case Section.Cards:
    case Section.BalanceLeaves:
    case Section.CoinLeaves:
      return 128;
    case Section.CardLeaves:
    case Section.Sundry:
      return 256;
    default:
      return 64;
  }
}

/** Rows of the section that go into the rest of a piece. */
export function rowsFor(section: Section, left: u32, used: u32): u32 {
  return min(left, (CHECKPOINT_PIECE_OCTETS - used) / rowOctets(section));
}

/** Octets of all rows, by the counts of a header. */
export function rowsOctets(counts: usize): u64 {
  let octets: u64 = 0;
  for (let section: u32 = 0; section < SECTIONS; section++) {
    const rows: u64 = load<u32>(counts + (<usize> section << 2));
    octets += rows * rowOctets(<Section> section);
  }
  return octets;
}

/** Octets of pieces that hold such rows, at most. */
export function paddedOctets(rows: u64): u64 {
  // A piece may end with less than a row unused.
  const pieces = rows / (CHECKPOINT_PIECE_OCTETS - 256) + 1;
  return pieces * CHECKPOINT_PIECE_OCTETS;
}

/** The table whose rows are in the checkpoint as they are, or null. */
function plainRows(section: Section): Rows | null {
  switch (section) {
    case Section.Contents:
      return contents;
    case Section.NeuronLeaves:
      return byNeuron.leaves;
    case Section.NeuronNodes:
      return byNeuron.inner;
    case Section.ParticleLeaves:
      return byParticle.leaves;
    case Section.ParticleNodes:
      return byParticle.inner;
    case Section.LateAxons:
      return lateAxons;
    default:
      return accountRows(section);
  }
}

function accountRows(section: Section): Rows | null {
  switch (section) {
    case Section.Holders:
      return holders;
    case Section.Focused:
      return focused;
    case Section.Coins:
      return coins;
    case Section.Accounts:
      return accounts;
    case Section.Outputs:
      return outputs;
    case Section.Cards:
      return cards;
    case Section.Changes:
      return changes;
    case Section.FocusLeaves:
      return byFocus.leaves;
    case Section.FocusNodes:
      return byFocus.inner;
    case Section.BalanceLeaves:
      return byBalance.leaves;
    case Section.BalanceNodes:
      return byBalance.inner;
    case Section.CoinLeaves:
      return byCoin.leaves;
    case Section.CoinNodes:
      return byCoin.inner;
    case Section.CardLeaves:
      return byCard.leaves;
    case Section.CardNodes:
      return byCard.inner;
    case Section.Sundry:
      return sundry;
    case Section.LateAccounts:
      return lateAccounts;
    case Section.Gaps:
      return gaps;
    case Section.Stored:
      return stored;
    default:
      return null;
  }
}

/** The table that a section's rows are of; null for bookmarks. */
export function tableOf(section: Section): Rows | null {
  switch (section) {
    case Section.Particles:
      return particles.entries;
    case Section.Links:
      return links;
    case Section.Signals:
      return signals;
    case Section.Neurons:
      return neurons;
    case Section.Tokens:
      return tokens;
    default:
      return plainRows(section);
  }
}

/** Writes rows of a table, and returns the place behind them. */
export function writeRows(
  section: Section,
  first: u32,
  count: u32,
  to: usize,
): usize {
  const octets = rowOctets(section);
  const plain = plainRows(section);
  for (let row = first; row < first + count; row++, to += octets) {
    if (plain !== null) {
      memory.copy(to, plain.at(row), octets);
      if (section == Section.ParticleLeaves) {
        store<u32>(to + OWNER, particles.numberOf(load<u32>(to + OWNER)));
      }
      continue;
    }
    switch (section) {
      case Section.Particles: {
        particles.writeDigest(row, to);
        store<u32>(to, particles.axonFrom(row), 32);
        store<u32>(to, particles.axonTo(row), 36);
        break;
      }
      case Section.Links: {
        const link = links.at(row);
        store<u32>(to, load<u32>(link, LINK_FROM), 0);
        store<u32>(to, load<u32>(link, LINK_TO), 4);
        store<u32>(to, heightOf(row), 8);
        store<u32>(to, tokenOf(row), 12);
        store<u64>(to, weightOf(row), 16);
        break;
      }
      case Section.Signals:
        copy32(to, signals.at(row));
        store<u32>(to, load<u32>(signers.at(row)), 32);
        break;
      case Section.Neurons:
        copy32(to, neurons.at(row));
        break;
      default:
        copy32(to, tokens.at(row));
    }
  }
  flush();
  return to;
}

/** Signals of the checkpoint that is read. */
let signalsAll: u32 = 0;

export function expectSignals(signals: u32): void {
  signalsAll = signals;
}

/**
 * Takes rows from a checkpoint into prepared rows, and returns the place behind
 * them; 0 where the memory has no room.
 */
export function readRows(
  section: Section,
  first: u32,
  count: u32,
  from: usize,
): usize {
  const octets = rowOctets(section);
  const plain = plainRows(section);
  for (let row = first; row < first + count; row++, from += octets) {
    if (plain !== null) {
      memory.copy(plain.at(row), from, octets);
      continue;
    }
    switch (section) {
      case Section.Particles: {
        if (!readParticle(row, from)) return 0;
        break;
      }
      case Section.Links: {
        const link = links.at(row);
        store<u32>(link, load<u32>(from, 0), LINK_FROM);
        store<u32>(link, load<u32>(from, 4), LINK_TO);
        // Only the digest will tell whether it is a height.
        const height = min(load<u32>(from, 8), signalsAll);
        const weight = load<u64>(from, 16);
        if (!readLink(row, height, weight, load<u32>(from, 12))) return 0;
        break;
      }
      case Section.Signals:
        copy32(signals.at(row), from);
        store<u32>(signers.at(row), load<u32>(from, 32));
        break;
      case Section.Neurons:
        copy32(neurons.at(row), from);
        break;
      default:
        copy32(tokens.at(row), from);
    }
  }
  return from;
}
