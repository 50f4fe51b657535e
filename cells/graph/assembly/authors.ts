/** Who made which links: `karyon:graph/authors`. No call changes it. */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { Absence } from "./gen/authors";
import { HASH_BLAKE3, IDENTITIES_MAX, IDENTITY_OCTETS, SCAN_LINKS_MAX } from "./limits";
import { heightOf, links, neuronIndex, neurons, signers } from "./tables";

type Answer<T> = Result<T, Absence>;

/** Links of one signal stand together, so their neuron is looked up once. */
export function scan(index: u64, limit: u32): Answer<StaticArray<u32>> {
  const all: u64 = links.length;
  const first = min(index, all);
  const most = limit == 0 || limit > SCAN_LINKS_MAX ? SCAN_LINKS_MAX : limit;
  const run = <u32> min<u64>(most, all - first);
  const out = new StaticArray<u32>(run);
  let last: u32 = 0;
  let neuron: u32 = 0;
  for (let i: u32 = 0; i < run; i++) {
    const height = heightOf(<u32> first + i);
    if (height != last) neuron = load<u32>(signers.at(height - 1));
    last = height;
    unchecked(out[i] = neuron);
  }
  return Result.ok<StaticArray<u32>, Absence>(out);
}

export function find(id: StaticArray<u8>): Answer<Option<u32>> {
  if (<u32> id.length == IDENTITY_OCTETS && id[0] == HASH_BLAKE3) {
    const row = neuronIndex.find(changetype<usize>(id) + 1);
    // While a checkpoint is read, the index knows more than the table counts.
    if (row != 0 && row <= neurons.length) {
      return Result.ok<Option<u32>, Absence>(Option.some<u32>(row - 1));
    }
  }
  return Result.ok<Option<u32>, Absence>(Option.none<u32>());
}

export function identities(
  numbers: StaticArray<u32>,
): Answer<Array<StaticArray<u8>>> {
  const list = new Array<StaticArray<u8>>();
  const most = min<u32>(numbers.length, IDENTITIES_MAX);
  for (let i: u32 = 0; i < most; i++) {
    if (numbers[i] >= neurons.length) continue;
    const id = new StaticArray<u8>(IDENTITY_OCTETS);
    store<u8>(changetype<usize>(id), HASH_BLAKE3);
    memory.copy(changetype<usize>(id) + 1, neurons.at(numbers[i]), 32);
    list.push(id);
  }
  return Result.ok<Array<StaticArray<u8>>, Absence>(list);
}
