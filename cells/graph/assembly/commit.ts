/**
 * Makes staged signals part of the record in memory. Cannot fail.
 *
 * Called once the device has acknowledged the append, or for a record that is
 * replayed. Signals are committed in the order in which they were staged.
 */
import { supersede } from "./let_go";
import { LINK_OCTETS } from "./limits";
import { pushLink, pushSignal } from "./link_table";
import { stagedLinks } from "./scratch";
import { AMOUNT_AT, Signal, VALENCE_AT } from "./signal";
import { ORIGIN_ROW, STAGED_OCTETS, TARGET_ROW } from "./stage";
import {
  contentsStaged,
  ITEM_BEFORE,
  ITEM_LENGTH,
  ITEM_OFFSET,
  ITEM_PARTICLE,
  itemAt,
} from "./stage_contents";
import { apartRow } from "./stored";
import {
  ARRIVAL,
  AXON_FROM,
  AXON_TO,
  CONTENT_LENGTH,
  CONTENT_PARTICLE,
  CONTENT_PLACE,
  contents,
  COUNT_IN,
  COUNT_OUT,
  countAxon,
  HEAD_IN,
  HEAD_OUT,
  LAST_HEIGHT,
  LINK_FROM,
  LINK_TO,
  links,
  neuronIndex,
  neurons,
  NEXT_STEP,
  noteAxon,
  OLDER_IN,
  OLDER_OUT,
  packWeight,
  particles,
  signals,
  signers,
} from "./tables";

/** Links whose rows are loaded at once; their sum, so that no load is left out. */
const NEAR_LINKS: u32 = 16;
let nearSum: u32 = 0;

/**
 * Adds the signal's links; `firstLink` of them were staged before it in the
 * same append. Returns the signal's height.
 */
export function commitSignal(signal: Signal, firstLink: u32): u32 {
  const neuron = neuronIndex.find(signal.neuron + 1) - 1;
  pushSignal(neuron);
  const height = signers.length;
  assert(height <= signals.length, "the signal was staged");
  const row = neurons.at(neuron);
  store<u64>(row, signal.step + 1, NEXT_STEP);
  store<u32>(row, height, LAST_HEIGHT);

  let staged = stagedLinks.start + <usize> firstLink * STAGED_OCTETS;
  let link = signal.linksAt;
  for (let i: u32 = 0; i < signal.links; i++) {
    if (i % NEAR_LINKS == 0) nearEnds(staged, min(NEAR_LINKS, signal.links - i));
    const weight = packWeight(
      load<u64>(link, AMOUNT_AT),
      load<i8>(link, VALENCE_AT),
    );
    commitLink(staged, weight);
    staged += STAGED_OCTETS;
    link += LINK_OCTETS;
  }
  return height;
}

/**
 * Loads the rows that the next links change: their loads wait for memory at the same
 * time, where each link's would wait for the one before.
 */
function nearEnds(staged: usize, count: u32): void {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < count; i++, staged += STAGED_OCTETS) {
    sum += load<u32>(particles.at(load<u32>(staged, 0)));
    sum += load<u32>(particles.at(load<u32>(staged, 4)));
    sum += load<u32>(particles.at(load<u32>(staged, 8)));
  }
  nearSum += sum;
}

// @ts-ignore: decorator
@inline
function commitLink(staged: usize, weight: u64): void {
  const from = load<u32>(staged, 0);
  const to = load<u32>(staged, 4);
  const row = pushLink(weight, load<u32>(staged, 12));
  const number = links.length; // index + 1, as heads and links store it
  const origin: usize = load<u32>(staged, ORIGIN_ROW);
  const target: usize = load<u32>(staged, TARGET_ROW);
  store<u32>(row, from, LINK_FROM);
  store<u32>(row, to, LINK_TO);
  store<u32>(row, load<u32>(origin, HEAD_OUT), OLDER_OUT);
  store<u32>(row, load<u32>(target, HEAD_IN), OLDER_IN);
  store<u32>(origin, number, HEAD_OUT);
  store<u32>(origin, load<u32>(origin, COUNT_OUT) + 1, COUNT_OUT);
  store<u32>(target, number, HEAD_IN);
  store<u32>(target, load<u32>(target, COUNT_IN) + 1, COUNT_IN);
  const axon = load<u32>(staged, 8);
  if (particles.becomesAxon(axon, number - 1)) {
    if (!particles.isBare(axon)) {
      store<u32>(particles.at(axon), from + 1, AXON_FROM);
      store<u32>(particles.at(axon), to + 1, AXON_TO);
    }
    countAxon();
    noteAxon(axon);
  }
}

/** Adds the kept contents; the record that holds them begins at `place`. */
export function commitContents(place: u64): void {
  for (let i: u32 = 0; i < contentsStaged; i++) {
    const item = itemAt(i);
    const particle = load<u32>(item, ITEM_PARTICLE);
    const before = load<u32>(item, ITEM_BEFORE);
    if (before != 0) supersede(apartRow(before - 1) - 1);
    const row = contents.push();
    store<u32>(row, particle, CONTENT_PARTICLE);
    store<u32>(row, load<u32>(item, ITEM_LENGTH), CONTENT_LENGTH);
    store<u64>(row, place + load<u32>(item, ITEM_OFFSET), CONTENT_PLACE);
    store<u32>(particles.at(particle), contents.length, ARRIVAL);
  }
}
