/** The record as of a height, and what operations came to: `karyon:graph/views`. */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import {
  CARD_CREATOR,
  CARD_HEIGHT,
  CARD_OWNER,
  CARD_PARTICLE,
  cardIndex,
  cards,
  holderIndex,
  holders,
} from "./accounts";
import {
  Absence,
  Binding,
  Card,
  Cards,
  Direction,
  FoundSignal,
  Link,
  Part,
  Stretch,
} from "./gen/views";
import { FORGOTTEN, ownedSince, ownerAt } from "./card_owners";
import {
  HASH_BLAKE3,
  IDENTITY_OCTETS,
  LINKS_PAGE_MAX,
  ROWS_PAGE_MAX,
  VIEW_LOOKS_MAX,
} from "./limits";
import {
  allowLooks,
  isOf,
  newestAt,
  ofNeuron,
  olderAt,
} from "./link_runs";
import { clamp, identity, linkAt, linkOf } from "./reads";
import { findSignal } from "./signal_at";
import {
  height as heightNow,
  heightOf as heightOfLink,
  LAST_HEIGHT,
  linksUpTo,
  neuronIndex,
  neurons,
  NEXT_STEP,
  particleIndex,
  particles,
  signers,
} from "./tables";

export { allCoins, balancesOf, boxesOf, coinOf, stakeOf } from "./account_views";

type Answer<T> = Result<T, Absence>;

// @ts-ignore: decorator
@inline
function answer<T>(value: T): Answer<T> {
  return Result.ok<T, Absence>(value);
}

function isIdentity(id: StaticArray<u8>): bool {
  return <u32> id.length == IDENTITY_OCTETS && id[0] == HASH_BLAKE3;
}

function goOn(next: u32): Option<u64> {
  return next == 0 ? Option.none<u64>() : Option.some<u64>(next - 1);
}

export function linksAt(
  particle: u32,
  side: Direction,
  height: u64,
  cursor: Option<u64>,
  limit: u32,
): Answer<Stretch> {
  const list = new Array<Link>();
  const out = side == Direction.Outward;
  let at: u32 = 0;
  if (particle < particles.length) {
    at = cursor.isSome
      ? linkOf(particle, out, cursor.value)
      : newestAt(particle, out);
  }
  const most = clamp(limit, LINKS_PAGE_MAX);
  let looks = VIEW_LOOKS_MAX;
  while (at != 0 && looks > 0 && <u32> list.length < most) {
    if (heightOfLink(at - 1) <= height) {
      list.push(linkAt(at - 1));
    }
    at = olderAt(at, out);
    looks--;
  }
  return answer(new Stretch(list, goOn(at)));
}

export function linksOf(
  neuron: StaticArray<u8>,
  height: u64,
  cursor: Option<u64>,
  limit: u32,
): Answer<Stretch> {
  const list = new Array<Link>();
  let row: u32 = 0;
  if (isIdentity(neuron)) row = neuronIndex.find(changetype<usize>(neuron) + 1);
  if (row == 0 || row > neurons.length) {
    return answer(new Stretch(list, Option.none<u64>()));
  }
  let at = linksUpTo(height);
  if (cursor.isSome && cursor.value < at) at = <u32> cursor.value + 1;
  const most = clamp(limit, LINKS_PAGE_MAX);
  allowLooks(VIEW_LOOKS_MAX);
  at = ofNeuron(row - 1, at);
  while (at != 0 && isOf(row - 1, at) && <u32> list.length < most) {
    list.push(linkAt(at - 1));
    at = ofNeuron(row - 1, at - 1);
  }
  return answer(new Stretch(list, goOn(at)));
}

/** The card's row + 1 if it was there at the height, else 0. */
function cardThen(id: StaticArray<u8>, height: u64): u32 {
  if (!isIdentity(id)) return 0;
  const row = cardIndex.find(changetype<usize>(id) + 1);
  if (row == 0 || row > cards.length) return 0;
  return load<u32>(cards.at(row - 1), CARD_HEIGHT) <= height ? row : 0;
}

function describeCard(row: u32, height: u64): Card {
  const card = cards.at(row);
  const owner = ownerAt(row, height);
  const known = owner != FORGOTTEN;
  return new Card(
    identity(card),
    identity(card + CARD_PARTICLE),
    identity(holders.at(load<u32>(card, CARD_CREATOR))),
    known
      ? Option.some<StaticArray<u8>>(identity(holders.at(owner)))
      : Option.none<StaticArray<u8>>(),
    load<u32>(card, CARD_HEIGHT),
    known ? ownedSince : 0,
  );
}

export function cardAt(id: StaticArray<u8>, height: u64): Answer<Option<Card>> {
  const row = cardThen(id, height);
  return answer(
    row == 0 ? Option.none<Card>() : Option.some(describeCard(row - 1, height)),
  );
}

export function cardsOf(
  holder: StaticArray<u8>,
  part: Part,
  cursor: Option<u32>,
  limit: u32,
): Answer<Cards> {
  const list = new Array<Card>();
  let at = cursor.isSome ? cursor.value : 0;
  const field = part == Part.Created ? CARD_CREATOR : CARD_OWNER;
  let row: u32 = 0;
  if (isIdentity(holder)) row = holderIndex.find(changetype<usize>(holder) + 1);
  if (row == 0) return answer(new Cards(list, Option.none<u32>()));
  const most = clamp(limit, ROWS_PAGE_MAX);
  let looks = VIEW_LOOKS_MAX;
  while (at < cards.length && looks > 0 && <u32> list.length < most) {
    if (load<u32>(cards.at(at) + field) == row - 1) {
      list.push(describeCard(at, heightNow()));
    }
    at++;
    looks--;
  }
  const more = at < cards.length;
  const next = more ? Option.some<u32>(at) : Option.none<u32>();
  return answer(new Cards(list, next));
}

export function bindingAt(
  card: StaticArray<u8>,
  height: u64,
  cursor: Option<u64>,
): Answer<Binding> {
  const row = cardThen(card, height);
  if (row == 0) return answer(Binding.unmade());
  const owner = ownerAt(row - 1, height);
  if (owner == FORGOTTEN) return answer(Binding.forgotten());
  const neuron = neuronIndex.find(holders.at(owner));
  const particle = particleIndex.find(changetype<usize>(card) + 1);
  if (neuron == 0 || particle == 0) return answer(Binding.unbound());
  let at = cursor.isSome
    ? linkOf(particle - 1, true, cursor.value)
    : newestAt(particle - 1, true);
  let looks = VIEW_LOOKS_MAX;
  while (at != 0) {
    if (looks == 0) return answer(Binding.more(at - 1));
    const then = heightOfLink(at - 1) <= height;
    if (then && isOf(neuron - 1, at)) {
      return answer(Binding.bound(linkAt(at - 1)));
    }
    at = olderAt(at, true);
    looks--;
  }
  return answer(Binding.unbound());
}

export function signalAt(height: u64): Answer<FoundSignal> {
  return answer(findSignal(height));
}

export function heightOf(
  neuron: StaticArray<u8>,
  step: u64,
): Answer<Option<u64>> {
  let row: u32 = 0;
  if (isIdentity(neuron)) row = neuronIndex.find(changetype<usize>(neuron) + 1);
  if (row == 0 || row > neurons.length) return answer(Option.none<u64>());
  let next = load<u64>(neurons.at(row - 1), NEXT_STEP);
  if (step >= next) return answer(Option.none<u64>());
  // One step for each of its signals, the last one first.
  let height = load<u32>(neurons.at(row - 1), LAST_HEIGHT);
  while (true) {
    if (load<u32>(signers.at(height - 1)) == row - 1 && --next == step) {
      return answer(Option.some<u64>(height));
    }
    height--;
  }
}
