/** The right to read the record: `karyon:graph/reads`. No call changes it. */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import { hash } from "../../sdk/assembly/blake3";
import { flush } from "../../sdk/assembly/blake3_queue";
import { contentOctets, readArrivals, readContent } from "./arrivals";
import { capacity } from "./device";
import {
  Absence,
  Census,
  Columns,
  Direction,
  Link,
  Page,
  Particle,
  Text,
  Texts,
} from "./gen/reads";
import {
  ANSWER_OCTETS_MAX,
  HASH_BLAKE3,
  IDENTITIES_MAX,
  IDENTITY_OCTETS,
  LINKS_PAGE_MAX,
  SCAN_LINKS_MAX,
} from "./limits";
import { logEnd } from "./log";
import { Presence } from "./gen/contents";
import { goneContents, isHere, presenceOf } from "./stored";
import {
  amountOf,
  ARRIVAL,
  axons,
  CONTENT_LENGTH,
  contents,
  COUNT_IN,
  COUNT_OUT,
  HEAD_IN,
  HEAD_OUT,
  height,
  heightOf,
  LINK_FROM,
  LINK_TO,
  links as linkRows,
  neurons,
  OLDER_IN,
  OLDER_OUT,
  particleIndex,
  particles,
  signers,
  tokenOf,
  tokens,
  valenceOf,
  weightOf,
} from "./tables";

type Answer<T> = Result<T, Absence>;

// @ts-ignore: decorator
@inline
function answer<T>(value: T): Answer<T> {
  return Result.ok<T, Absence>(value);
}

/** A limit of 0 or above the maximum means the maximum. */
export function clamp(limit: u32, most: u32): u32 {
  return limit == 0 || limit > most ? most : limit;
}

/** The identity that has this digest. */
export function identity(digest: usize): StaticArray<u8> {
  const id = new StaticArray<u8>(IDENTITY_OCTETS);
  store<u8>(changetype<usize>(id), HASH_BLAKE3);
  memory.copy(changetype<usize>(id) + 1, digest, 32);
  return id;
}

export function count(): Answer<Census> {
  return answer(
    new Census(
      height(),
      particles.length,
      linkRows.length,
      axons,
      neurons.length,
      contents.length - goneContents,
      logEnd,
      capacity,
      <u64> memory.size() << 16,
    ),
  );
}

export function identify(content: StaticArray<u8>): Answer<StaticArray<u8>> {
  const id = new StaticArray<u8>(IDENTITY_OCTETS);
  const at = changetype<usize>(id);
  store<u8>(at, HASH_BLAKE3);
  hash(changetype<usize>(content), content.length, at + 1);
  return answer(id);
}

export function find(id: StaticArray<u8>): Answer<Option<u32>> {
  if (<u32> id.length == IDENTITY_OCTETS && id[0] == HASH_BLAKE3) {
    const row = particleIndex.find(changetype<usize>(id) + 1);
    // While a checkpoint is read, the index knows more than the table counts.
    if (row != 0 && row <= particles.length) {
      return answer(Option.some<u32>(row - 1));
    }
  }
  return answer(Option.none<u32>());
}

export function describe(particle: u32): Answer<Option<Particle>> {
  if (particle >= particles.length) return answer(Option.none<Particle>());
  const row = particles.at(particle);
  const arrival = load<u32>(row, ARRIVAL);
  const size = arrival == 0 || !isHere(particle)
    ? Option.none<u64>()
    : Option.some<u64>(contentOctets(arrival - 1));
  const from = particles.axonFrom(particle);
  const axon = from == 0
    ? Option.none<Tuple2<u32, u32>>()
    : Option.some(new Tuple2<u32, u32>(from - 1, particles.axonTo(particle) - 1));
  const described = new Particle(
    identity(particles.digest(particle)),
    size,
    load<u32>(row, COUNT_OUT),
    load<u32>(row, COUNT_IN),
    axon,
  );
  return answer(Option.some<Particle>(described));
}

export function identities(
  numbers: StaticArray<u32>,
): Answer<Array<StaticArray<u8>>> {
  const list = new Array<StaticArray<u8>>();
  const most = min<u32>(numbers.length, IDENTITIES_MAX);
  for (let i: u32 = 0; i < most; i++) {
    const particle = numbers[i];
    if (particle >= particles.length) continue;
    const id = new StaticArray<u8>(IDENTITY_OCTETS);
    store<u8>(changetype<usize>(id), HASH_BLAKE3);
    particles.writeDigest(particle, changetype<usize>(id) + 1);
    list.push(id);
  }
  flush();
  return answer(list);
}

export function content(
  particle: u32,
  offset: u64,
  length: u32,
): Answer<Option<StaticArray<u8>>> {
  if (particle < particles.length) {
    const arrival = load<u32>(particles.at(particle), ARRIVAL);
    const presence = presenceOf(particle);
    const isGone = presence == Presence.Expired ||
      presence == Presence.Dropped;
    if (arrival != 0 && !isGone) {
      const most = min(length, ANSWER_OCTETS_MAX);
      const octets = readContent(arrival - 1, offset, most);
      if (octets !== null) {
        return answer(Option.some<StaticArray<u8>>(octets));
      }
    }
  }
  return answer(Option.none<StaticArray<u8>>());
}

export function linkAt(index: u32): Link {
  const row = linkRows.at(index);
  const height = heightOf(index);
  const neuron = load<u32>(signers.at(height - 1));
  const weight = weightOf(index);
  return new Link(
    index,
    identity(neurons.at(neuron)),
    load<u32>(row, LINK_FROM),
    load<u32>(row, LINK_TO),
    identity(tokens.at(tokenOf(index))),
    amountOf(weight),
    valenceOf(weight),
    height,
  );
}

/** The cursor is the index of the next link. */
export function links(
  particle: u32,
  side: Direction,
  cursor: Option<u64>,
  limit: u32,
): Answer<Page> {
  const list = new Array<Link>();
  const out = side == Direction.Outward;
  let next: u32 = 0;
  if (particle < particles.length) {
    const head = out ? HEAD_OUT : HEAD_IN;
    next = load<u32>(particles.at(particle) + head);
    if (cursor.isSome) next = linkOf(particle, out, cursor.value);
  }
  let left = clamp(limit, LINKS_PAGE_MAX);
  while (next != 0 && left > 0) {
    list.push(linkAt(next - 1));
    next = load<u32>(linkRows.at(next - 1) + (out ? OLDER_OUT : OLDER_IN));
    left--;
  }
  const more = next == 0 ? Option.none<u64>() : Option.some<u64>(next - 1);
  return answer(new Page(list, more));
}

/** The link's index + 1 if it is at that side of the particle, or 0. */
export function linkOf(particle: u32, out: bool, index: u64): u32 {
  if (index >= linkRows.length) return 0;
  const end = out ? LINK_FROM : LINK_TO;
  const owner = load<u32>(linkRows.at(<u32> index) + end);
  return owner == particle ? <u32> index + 1 : 0;
}

/**
 * Where the run does not end the record, `height` is that of the last signal
 * all of whose links lie before `next`.
 */
export function scan(index: u64, limit: u32): Answer<Columns> {
  const all: u64 = linkRows.length;
  const first = min(index, all);
  const run = <u32> min<u64>(clamp(limit, SCAN_LINKS_MAX), all - first);
  const origins = new StaticArray<u32>(run);
  const targets = new StaticArray<u32>(run);
  const weights = new StaticArray<i64>(run);
  for (let i: u32 = 0; i < run; i++) {
    const row = linkRows.at(<u32> first + i);
    unchecked(origins[i] = load<u32>(row, LINK_FROM));
    unchecked(targets[i] = load<u32>(row, LINK_TO));
    const weight = weightOf(<u32> first + i);
    const amount = <i64> amountOf(weight);
    unchecked(weights[i] = valenceOf(weight) < 0 ? -amount : amount);
  }
  const next = first + run;
  const reached = next == all
    ? height()
    : heightOf(<u32> next) - 1;
  return answer(new Columns(origins, targets, weights, next, reached));
}

export function arrivals(index: u32, octets: u32): Answer<Texts> {
  const items = new Array<Text>();
  const all = contents.length;
  if (index >= all) return answer(new Texts(items, all));
  const next = readArrivals(index, clamp(octets, ANSWER_OCTETS_MAX), items);
  return answer(new Texts(items, next));
}
