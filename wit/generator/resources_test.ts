/**
 * Resources owned and borrowed, both directions: one script of calls, run by our bindings and by jco's glue.
 *
 * Plan: construct, methods, statics, own and borrow in records, lists and options, giving away, giving back, destructors
 * called once, host objects held by the cell; then forged, stale, doubly dropped and leaked handles, which are faults.
 */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { compile } from "../../scripts/build_compile.ts";
import { worldOf } from "../../scripts/build_generate.ts";
import { AbiFault } from "../abi/fault.ts";
import type { CoreInstance } from "../abi/binding.ts";
import { ResourceTables } from "../abi/resources.ts";
import { decodeWorld } from "../decode/world.ts";
import type { Interface } from "../decode/model.ts";
import { cellSource } from "./as_cell.ts";
import { definers } from "./as_dialect.ts";
import {
  instantiateCore,
  instantiateGlue,
  loadBinding,
  sdkSource,
  takeApart,
} from "../testing/instance.ts";
import { bindingSource } from "./ts_binding.ts";

const WIT = `package karyon:cell-trade@0.1.0;
world trade {
  import karyon:trade/shop@0.1.0;
  export karyon:trade/counters@0.1.0;
  export karyon:trade/desk@0.1.0;
}
package karyon:trade@0.1.0 {
interface shop {
  resource item {
    constructor(name: string);
    name: func() -> string;
    price: func(by: u32) -> result<u64, string>;
    open: static func(n: u32) -> item;
  }
  sell: func(i: item) -> u32;
  best: func(items: list<borrow<item>>) -> option<u32>;
}
interface counters {
  resource counter {
    constructor(start: u32);
    next: func() -> u32;
    label: func() -> string;
    merge: static func(a: counter, b: borrow<counter>) -> counter;
  }
  record pair { left: counter, right: counter }
  split: func(c: counter) -> pair;
  peek: func(all: list<borrow<counter>>) -> list<u32>;
  keep: func(c: option<counter>) -> option<counter>;
  alive: func() -> s32;
}
interface desk {
  use shop.{item};
  use counters.{counter};
  hold: func(i: item);
  give: func() -> option<item>;
  show: func(i: borrow<item>) -> string;
  leak: func(i: borrow<item>);
  trade: func(name: string) -> tuple<u32, option<u32>, u64>;
  count: func(c: borrow<counter>) -> u32;
}
}`;

const COUNTERS = `
import { Exported } from "../../sdk/assembly/resource";
import { Option } from "../../sdk/assembly/option";
import { dropCounter, Pair } from "./gen/counters";
let living: i32 = 0;
let kept: Option<Counter> = Option.none<Counter>();
export class Counter extends Exported {
  constructor(public at: u32) { super(); living++; }
  next(): u32 { return this.at++; }
  label(): string { return "counter " + this.at.toString(); }
  static merge(a: Counter, b: Counter): Counter {
    const made = new Counter(a.at + b.at);
    dropCounter(a);
    return made;
  }
  dropped(): void { living--; }
}
export function split(c: Counter): Pair {
  c.at /= 2;
  return new Pair(c, new Counter(c.at));
}
export function peek(all: Array<Counter>): StaticArray<u32> {
  const out = new StaticArray<u32>(all.length);
  for (let i = 0; i < all.length; i++) out[i] = all[i].at;
  return out;
}
export function keep(c: Option<Counter>): Option<Counter> {
  const before = kept;
  kept = c;
  return before;
}
export function alive(): i32 { return living; }
`;

const DESK = `
import { Option } from "../../sdk/assembly/option";
import { Tuple3 } from "../../sdk/assembly/tuple";
import { best, Item, sell } from "./gen/shop";
import { Counter } from "./counters";
let held: Item[] = [];
export function hold(i: Item): void { held.push(i); }
export function give(): Option<Item> {
  return held.length > 0 ? Option.some<Item>(held.pop()) : Option.none<Item>();
}
export function show(i: Item): string { return "<" + i.name() + ">"; }
export function leak(i: Item): void { i.handle = 0; }
export function trade(name: string): Tuple3<u32, Option<u32>, u64> {
  const made = new Item(name);
  const other = Item.open(7);
  const found = best([made, other]);
  const price = made.price(3);
  other.drop();
  return new Tuple3<u32, Option<u32>, u64>(
    sell(made), found, price.isOk ? price.value : <u64>price.error.length);
}
export function count(c: Counter): u32 { return c.next(); }
`;

interface Counter extends Disposable {
  next(): number;
  label(): string;
}
interface CounterClass {
  new (start: number): Counter;
  merge(a: Counter, b: Counter): Counter;
}
interface Counters {
  Counter: CounterClass;
  split(c: Counter): { left: Counter; right: Counter };
  peek(all: Counter[]): Uint32Array;
  keep(c: Counter | undefined): Counter | undefined;
  alive(): number;
}
interface Desk {
  hold(i: unknown): void;
  give(): unknown;
  show(i: unknown): string;
  leak(i: unknown): void;
  trade(name: string): [number, number | undefined, bigint];
  count(c: Counter): number;
}

/** The host's shop; `log` shows what happened to its items. */
function shop(throwing: boolean) {
  const log: string[] = [];
  class Item {
    constructor(readonly label: string) {
      log.push(`new ${label}`);
    }
    name() {
      return this.label;
    }
    price(by: number) {
      if (this.label !== "bad") {
        const val = BigInt(this.label.length * by) << 33n;
        return throwing ? val : { tag: "ok", val };
      }
      if (throwing) throw Object.assign(new Error(), { payload: "too dear" });
      return { tag: "err", val: "too dear" };
    }
    static open(n: number) {
      return new Item(`item ${n}`);
    }
    [Symbol.dispose]() {
      log.push(`end ${this.label}`);
    }
  }
  return {
    log,
    Item,
    sell(item: Item) {
      log.push(`sold ${item.label}`);
      return item.label.length;
    },
    best(items: Item[]) {
      const long = items.findIndex((item) => item.label.length > 4);
      return long < 0 ? undefined : long;
    },
  };
}

type Shop = ReturnType<typeof shop>;

/** The script; what it returns must not depend on whose glue ran it. */
function script(counters: Counters, desk: Desk, host: Shop): unknown[] {
  const out: unknown[] = [];
  const { Counter } = counters;
  const a = new Counter(10);
  const b = new Counter(5);
  out.push(a.next(), a.next(), b.label(), counters.alive());
  out.push([...counters.peek([a, b, a])]);
  const merged = Counter.merge(a, b);
  out.push(merged.next(), counters.alive());
  throws(() => a.next(), "a was given away");
  const { left, right } = counters.split(merged);
  out.push(left.next(), right.next(), counters.alive());
  out.push(counters.keep(left) === undefined);
  const back = counters.keep(undefined);
  out.push(back?.next(), desk.count(b), b.next());
  right[Symbol.dispose]();
  out.push(counters.alive());
  back?.[Symbol.dispose]();
  b[Symbol.dispose]();
  out.push(counters.alive());

  const item = new host.Item("lamp");
  out.push(desk.show(item), desk.show(item));
  desk.hold(item);
  out.push(desk.give() === item, desk.give() === undefined);
  out.push(desk.trade("chair"), desk.trade("bad"));
  out.push([...host.log]);
  return out;
}

async function buildOwn() {
  const world = await worldOf(WIT, "trade");
  const source = cellSource(world);
  const own = new Map([
    ["cells/trade/assembly/counters.ts", COUNTERS],
    ["cells/trade/assembly/desk.ts", DESK],
  ]);
  for (const [file, text] of source.files) {
    own.set(`cells/trade/assembly/gen/${file}`, text);
  }
  const component = await compile({
    entry: "cells/trade/assembly/gen/entry.ts",
    source: (path) => own.get(path) ?? sdkSource(path),
    renames: source.renames,
    wit: WIT,
    world: "trade",
  });
  const names = definers([...world.imports, ...world.exports]);
  const load = async (list: readonly Interface[], short: string) => {
    const found = list.find((one) => one.name.includes(`/${short}@`));
    if (found === undefined) throw new Error(short);
    return await loadBinding(bindingSource(found, names), short);
  };
  return {
    component,
    taken: await takeApart(component),
    shop: await load(world.imports, "shop"),
    counters: await load(world.exports, "counters"),
    desk: await load(world.exports, "desk"),
  };
}

type Built = Awaited<ReturnType<typeof buildOwn>>;
let built: Promise<Built> | undefined;
const once = () => built ??= buildOwn();

function ours({ taken, shop: shopBinding, counters, desk }: Built, host: Shop) {
  const core: CoreInstance = instantiateCore(taken, (core) => ({
    [shopBinding.name]: shopBinding.lower(
      core,
      host as never,
    ) as WebAssembly.ModuleImports,
    [`[export]${counters.name}`]: counters.exportIntrinsics(
      core,
    ) as WebAssembly.ModuleImports,
  }));
  return {
    core,
    counters: counters.bind(core) as unknown as Counters,
    desk: desk.bind(core) as unknown as Desk,
  };
}

Deno.test("resources mean the same to our bindings and to jco's glue", async () => {
  const made = await once();
  const host = shop(false);
  const mine = ours(made, host);
  const result = script(mine.counters, mine.desk, host);
  strictEqual(mine.core.resources.size, 0, "handles left over");
  const glueHost = shop(true);
  const glue = await instantiateGlue(made.taken, {
    "karyon:trade/shop": glueHost,
  }) as unknown as { counters: Counters; desk: Desk };
  const theirs = script(glue.counters, glue.desk, glueHost);
  deepStrictEqual(result, theirs);
  deepStrictEqual(result.slice(0, 4), [10, 11, "counter 5", 2]);
});

Deno.test("a component with resources has the contracts of its bindings", async () => {
  const { component, shop, counters, desk } = await once();
  const { imports, exports } = decodeWorld(component);
  strictEqual(imports.get(shop.name), shop.signature);
  strictEqual(exports.get(counters.name), counters.signature);
  strictEqual(exports.get(desk.name), desk.signature);
});

Deno.test("a borrowed handle that outlives its call is a fault", async () => {
  const host = shop(false);
  const { desk } = ours(await once(), host);
  throws(() => desk.leak(new host.Item("lamp")), AbiFault);
});

Deno.test("a host object of another instance is refused", async () => {
  const made = await once();
  const one = ours(made, shop(false));
  const other = ours(made, shop(false));
  const foreign = new other.counters.Counter(1);
  throws(() => one.counters.peek([foreign]), TypeError);
  throws(() => one.counters.keep(foreign), TypeError);
  strictEqual(foreign.next(), 1, "it still works where it belongs");
});

Deno.test("a disposed object is refused and disposing twice does nothing", async () => {
  const { counters } = ours(await once(), shop(false));
  const counter = new counters.Counter(1);
  counter[Symbol.dispose]();
  counter[Symbol.dispose]();
  strictEqual(counters.alive(), 0);
  throws(() => counter.next(), TypeError);
});

Deno.test("forged, stale, mistyped and doubly dropped handles are faults", () => {
  const tables = new ResourceTables();
  const handle = tables.insert("a.x", "value", true);
  throws(() => tables.get("a.y", handle), AbiFault, "another type");
  throws(() => tables.get("a.x", handle + 1), AbiFault, "never made");
  throws(() => tables.get("a.x", 0), AbiFault, "zero");
  throws(() => tables.get("a.x", -1), AbiFault, "negative");
  throws(() => tables.get("a.x", handle | 1 << 31), AbiFault, "sign bit");
  strictEqual(tables.get("a.x", handle).value, "value", "control");
  tables.drop("a.x", handle);
  throws(() => tables.drop("a.x", handle), AbiFault, "second drop");
  const next = tables.insert("a.x", "other", true);
  throws(() => tables.get("a.x", handle), AbiFault, "an earlier life");
  strictEqual(tables.take("a.x", next), "other", "control");
  const borrowed = tables.insert("a.x", "lent", false);
  throws(() => tables.take("a.x", borrowed), AbiFault, "borrowed, not owned");
});

Deno.test("an instance cannot have handles without end", () => {
  const tables = new ResourceTables();
  throws(() => {
    for (let at = 0; at < 1_000_000; at++) tables.insert("a.x", at, true);
  }, AbiFault);
});
