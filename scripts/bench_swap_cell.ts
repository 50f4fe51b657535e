/**
 * The cells of the swap benchmark: a map of numbers that is handed over, and a
 * cell that uses it.
 *
 * The map is one flat table (open addressing, Knuth 6.4), so its octets are its
 * state: the next generation goes on with the list that it is given.
 */
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import { buildBenchCell, witText } from "./bench_cell.ts";

export interface Store {
  /** Makes a map with the keys 1 to `entries`, each zero. */
  fill(entries: number): void;
  /** Adds to the number at a key; what it is then. */
  add(key: number, more: number): bigint;
  /** Sum of all numbers, walked one by one. */
  total(): bigint;
  entries(): number;
}

export interface Client {
  /** So many additions of one, to keys all over the map; how many were made. */
  run(times: number, seed: number): number;
}

export interface SwapCells {
  readonly store: Uint8Array;
  readonly client: Uint8Array;
  readonly storeBinding: InterfaceBinding<Store>;
  readonly clientBinding: InterfaceBinding<Client>;
}

const WIT = `package karyon:bench@0.1.0;
interface store {
  fill: func(entries: u32);
  add: func(key: u32, more: u32) -> u64;
  total: func() -> u64;
  entries: func() -> u32;
}
interface client { run: func(times: u32, seed: u32) -> u32; }
world store-cell {
  export karyon:kernel/lifecycle@0.1.0;
  export store;
}
world client-cell {
  import store;
  export karyon:kernel/lifecycle@0.1.0;
  export client;
}`;

const LIFECYCLE = `
import { Option } from "../../sdk/assembly/option";
import { Result, UNIT, Unit } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import { Condition, StartRefusal, State } from "./gen/lifecycle";
import { fits, octets, take } from "./table";

export function start(
  config: Array<Tuple2<string, string>>,
  previous: Option<State>,
): Result<Unit, StartRefusal> {
  if (previous.isSome) {
    if (!fits(previous.value.octets)) {
      return Result.err<Unit, StartRefusal>(StartRefusal.state("no table"));
    }
    take(previous.value.octets);
  }
  return Result.ok<Unit, StartRefusal>(UNIT);
}
export function health(): Condition { return Condition.ok(); }
export function stateVersion(): u32 { return 1; }
export function snapshot(): Result<StaticArray<u8>, string> {
  return Result.ok<StaticArray<u8>, string>(octets());
}
export function migrate(older: State): Result<StaticArray<u8>, string> {
  return Result.err<StaticArray<u8>, string>("no older version");
}
export function stop(): void {}
`;

/** A head of 16 octets (places, entries), then key and number, 8 octets each. */
const TABLE = `
const HEAD: u32 = 16;
let table = new StaticArray<u8>(16);

@inline function places(): u32 { return load<u32>(changetype<usize>(table)); }
export function count(): u32 { return load<u32>(changetype<usize>(table), 4); }

export function octets(): StaticArray<u8> { return table; }
export function take(given: StaticArray<u8>): void { table = given; }
export function fits(given: StaticArray<u8>): bool {
  if (<u32>given.length < HEAD) return false;
  const at = changetype<usize>(given);
  const wanted = load<u32>(at);
  return (wanted & (wanted - 1)) == 0 && load<u32>(at, 4) <= wanted &&
    <u64>given.length == <u64>HEAD + (<u64>wanted << 4);
}

/** Where a key is, or would be put. The table is never full. */
function place(key: u64): usize {
  const mask = places() - 1;
  let at = <u32>((key * 0x9e3779b97f4a7c15) >> 32) & mask;
  let slot = changetype<usize>(table) + HEAD + (<usize>at << 4);
  while (load<u64>(slot) != key && load<u64>(slot) != 0) {
    at = (at + 1) & mask;
    slot = changetype<usize>(table) + HEAD + (<usize>at << 4);
  }
  return slot;
}

export function make(entries: u32): void {
  let size: u32 = 16;
  while (size * 4 < entries * 5) size <<= 1;
  table = new StaticArray<u8>(HEAD + (size << 4));
  store<u32>(changetype<usize>(table), size);
  for (let key: u32 = 1; key <= entries; ++key) add(key, 0);
}

export function add(key: u64, more: u64): u64 {
  const slot = place(key);
  if (load<u64>(slot) == 0) {
    // Four of five places at most.
    if (count() * 5 >= places() * 4) return u64.MAX_VALUE;
    store<u64>(slot, key);
    store<u32>(changetype<usize>(table), count() + 1, 4);
  }
  const sum = load<u64>(slot, 8) + more;
  store<u64>(slot, sum, 8);
  return sum;
}

export function sum(): u64 {
  let all: u64 = 0;
  for (let at: u32 = 0; at < places(); ++at) {
    all += load<u64>(changetype<usize>(table) + HEAD + (<usize>at << 4), 8);
  }
  return all;
}
`;

const STORE = `
import * as table from "./table";
export function fill(entries: u32): void { table.make(entries); }
export function add(key: u32, more: u32): u64 { return table.add(key, more); }
export function total(): u64 { return table.sum(); }
export function entries(): u32 { return table.count(); }
`;

const CLIENT = `
import * as far from "./gen/store";
export function run(times: u32, seed: u32): u32 {
  const entries = far.entries();
  let state = seed | 1;
  for (let i: u32 = 0; i < times; ++i) {
    state ^= state << 13; state ^= state >> 17; state ^= state << 5;
    far.add(1 + state % entries, 1);
  }
  return times;
}
`;

/** Compiles both cells and makes the bindings of their contracts. */
export async function swapCells(): Promise<SwapCells> {
  const wit = witText(WIT);
  const store = await buildBenchCell(wit, "store-cell", {
    lifecycle: LIFECYCLE,
    table: TABLE,
    store: STORE,
  });
  const client = await buildBenchCell(wit, "client-cell", { client: CLIENT });
  return {
    store: store.component,
    client: client.component,
    storeBinding: await store.binding<Store>("store"),
    clientBinding: await client.binding<Client>("client"),
  };
}
