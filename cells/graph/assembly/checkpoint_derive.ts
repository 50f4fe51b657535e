/**
 * What a checkpoint leaves out, made of its rows: chains of links, counts,
 * indexes; and what rows held at its moment, put back.
 */
import {
  accountIndex,
  cardIndex,
  coinIndex,
  holderIndex,
  LATE_OFFSET,
  LATE_TABLE,
  LATE_VALUE,
  lateAccounts,
  outputIndex,
  Table,
  tableRows,
} from "./accounts";
import { Section } from "./checkpoint_form";
import { bindAxon, settleParticle } from "./checkpoint_particles";
import { byNeuron, byParticle, OWNER } from "./leaves";
import { apartRow, countRow, stored } from "./stored";
import {
  ARRIVAL,
  AXON_FROM,
  AXON_TO,
  CONTENT_PARTICLE,
  contents,
  COUNT_IN,
  COUNT_OUT,
  countAxon,
  HEAD_IN,
  HEAD_OUT,
  lateAxons,
  LAST_HEIGHT,
  LINK_FROM,
  LINK_TO,
  links,
  neuronIndex,
  neurons,
  NEXT_STEP,
  OLDER_IN,
  OLDER_OUT,
  particles,
  signalIndex,
  signers,
  tokenIndex,
} from "./tables";

/** What is derived, in this order, once everything is read. */
export enum Deriving {
  /** Not yet. */
  None,
  LateAxons,
  /** Which link brought which axon. */
  Bindings,
  Particles,
  Links,
  Signals,
  Neurons,
  Tokens,
  Contents,
  NeuronLeaves,
  ParticleLeaves,
  LateAccounts,
  Holders,
  Coins,
  Accounts,
  Outputs,
  Cards,
  End,
}

export function sourceOf(what: Deriving): Section {
  switch (what) {
    case Deriving.LateAxons:
      return Section.LateAxons;
    case Deriving.Particles:
      return Section.Particles;
    case Deriving.Bindings:
    case Deriving.Links:
      return Section.Links;
    case Deriving.Signals:
      return Section.Signals;
    case Deriving.Neurons:
      return Section.Neurons;
    case Deriving.Tokens:
      return Section.Tokens;
    case Deriving.Contents:
      return Section.Contents;
    case Deriving.NeuronLeaves:
      return Section.NeuronLeaves;
    case Deriving.ParticleLeaves:
      return Section.ParticleLeaves;
    case Deriving.LateAccounts:
      return Section.LateAccounts;
    case Deriving.Holders:
      return Section.Holders;
    case Deriving.Coins:
      return Section.Coins;
    case Deriving.Accounts:
      return Section.Accounts;
    case Deriving.Outputs:
      return Section.Outputs;
    default:
      return Section.Cards;
  }
}

let particlesAll: u32 = 0;

/** Begins to derive; the checkpoint has so many particles. */
export function beginDeriving(count: u32): void {
  particlesAll = count;
}

/**
 * Derives what follows from one of `rows` rows; false where the memory has no
 * room.
 */
export function derive(deriving: Deriving, at: u32, rows: u32): bool {
  switch (deriving) {
    case Deriving.LateAxons: {
      const late = particles.at(load<u32>(lateAxons.at(at)));
      store<u32>(late, 0, AXON_FROM);
      store<u32>(late, 0, AXON_TO);
      return true;
    }
    case Deriving.Bindings:
      bindAxon(at, particlesAll);
      return true;
    case Deriving.Particles:
      if (!settleParticle(at)) return false;
      if (particles.axonFrom(at) != 0) countAxon();
      return true;
    case Deriving.Links:
      deriveLink(at);
      return true;
    case Deriving.Signals: {
      const neuron = neurons.at(load<u32>(signers.at(at)));
      store<u64>(neuron, load<u64>(neuron, NEXT_STEP) + 1, NEXT_STEP);
      store<u32>(neuron, at + 1, LAST_HEIGHT);
      return signalIndex.adopt(at);
    }
    case Deriving.Neurons:
      return neuronIndex.adopt(at);
    case Deriving.Tokens:
      return tokenIndex.adopt(at);
    case Deriving.Contents: {
      const particle = load<u32>(contents.at(at), CONTENT_PARTICLE);
      if (!particles.expand(particle)) return false;
      store<u32>(particles.at(particle), at + 1, ARRIVAL);
      const entry = apartRow(at);
      if (entry == 0) return true;
      countRow(stored.at(entry - 1));
      return true;
    }
    case Deriving.NeuronLeaves:
      byNeuron.adoptLeaf(at);
      return true;
    case Deriving.ParticleLeaves: {
      const owner = byParticle.leaves.at(at) + OWNER;
      store<u32>(owner, particles.slot(load<u32>(owner)));
      byParticle.adoptLeaf(at);
      return true;
    }
    default:
      return deriveAccount(deriving, at, rows);
  }
}

function deriveAccount(deriving: Deriving, at: u32, rows: u32): bool {
  switch (deriving) {
    case Deriving.LateAccounts: {
      // The last change first: what is left is what the first one found.
      const late = lateAccounts.at(rows - 1 - at);
      const table = tableRows(<Table> load<u16>(late, LATE_TABLE));
      const place = table.at(load<u32>(late)) + load<u16>(late, LATE_OFFSET);
      store<u64>(place, load<u64>(late, LATE_VALUE));
      return true;
    }
    case Deriving.Holders:
      return holderIndex.adopt(at);
    case Deriving.Coins:
      return coinIndex.adopt(at);
    case Deriving.Accounts:
      return accountIndex.adopt(at);
    case Deriving.Outputs:
      return outputIndex.adopt(at);
    default:
      return cardIndex.adopt(at);
  }
}

/** Puts a link at the head of its two chains. */
function deriveLink(index: u32): void {
  const link = links.at(index);
  const origin = particles.at(load<u32>(link, LINK_FROM));
  const target = particles.at(load<u32>(link, LINK_TO));
  store<u32>(link, load<u32>(origin, HEAD_OUT), OLDER_OUT);
  store<u32>(link, load<u32>(target, HEAD_IN), OLDER_IN);
  store<u32>(origin, index + 1, HEAD_OUT);
  store<u32>(origin, load<u32>(origin, COUNT_OUT) + 1, COUNT_OUT);
  store<u32>(target, index + 1, HEAD_IN);
  store<u32>(target, load<u32>(target, COUNT_IN) + 1, COUNT_IN);
}
