/**
 * The contracts of the hostile cells, and their bindings.
 *
 * One world that has every kind of type in it. The bindings are made by the
 * generator that makes everybody's, so what the corpus tries is what runs. Each
 * function that takes `lie` behaves if it is 0.
 */
import { componentEmbed } from "@bytecodealliance/jco-transpile/wasm-tools";
import type { InterfaceBinding } from "../../../../wit/abi/binding.ts";
import type { Interface } from "../../../../wit/decode/model.ts";
import {
  decodeEmbedded,
  embeddedSection,
} from "../../../../wit/decode/world.ts";
import { definers } from "../../../../wit/generator/as_dialect.ts";
import { bindingSource } from "../../../../wit/generator/ts_binding.ts";
import { loadBinding } from "../../../../wit/testing/instance.ts";

export const WORK = "karyon:hostile/work@0.1.0";
export const HOST = "karyon:hostile/host@0.1.0";

const SEVENTEEN = Array.from({ length: 17 }, (_, at) => `p${at}: u32`);

export const WIT = `package karyon:cell-hostile@0.1.0;
world hostile {
  import karyon:hostile/host@0.1.0;
  export karyon:hostile/work@0.1.0;
}
package karyon:hostile@0.1.0 {
interface host {
  resource item { constructor(n: u32); number: func() -> u32; }
  ask: func(x: u32) -> u32;
  say: func(text: string) -> string;
  name: func(letter: char) -> u32;
  total: func(lists: list<list<u32>>) -> u32;
  sum: func(${SEVENTEEN.join(", ")}) -> u32;
  sell: func(i: item) -> u32;
  weigh: func(i: borrow<item>) -> u32;
}
interface work {
  use host.{item};
  resource thing {
    constructor(n: u32);
    number: func(lie: u32) -> u32;
    merge: static func(a: thing, b: thing) -> u32;
  }
  enum colour { red, green, blue }
  flags marks { first, second, third }
  variant shape { dot, line(u32), text(string) }
  record point { x: u64, name: string }
  turn: func(lie: u32);
  run: func(lie: u32) -> u32;
  truth: func(lie: u32) -> bool;
  truths: func(lie: u32) -> list<bool>;
  small: func(lie: u32) -> u8;
  letter: func(lie: u32) -> char;
  letters: func(lie: u32) -> list<char>;
  hue: func(lie: u32) -> colour;
  hues: func(lie: u32) -> list<colour>;
  signs: func(lie: u32) -> marks;
  form: func(lie: u32) -> shape;
  maybe: func(lie: u32) -> option<u64>;
  outcome: func(lie: u32) -> result<u32, string>;
  real: func(lie: u32) -> f64;
  reals: func(lie: u32) -> list<f32>;
  pair: func(lie: u32) -> tuple<u8, s16>;
  spot: func(lie: u32) -> point;
  text: func(lie: u32) -> string;
  texts: func(lie: u32) -> list<string>;
  octets: func(lie: u32) -> list<u8>;
  table: func(lie: u32) -> list<list<u32>>;
  echo: func(text: string) -> string;
  count: func(texts: list<string>, table: list<list<u32>>) -> u32;
  sum: func(${SEVENTEEN.join(", ")}) -> u32;
  hold: func(lie: u32, i: item) -> u32;
  show: func(lie: u32, i: borrow<item>) -> u32;
  give: func(lie: u32) -> item;
  swap: func(lie: u32, t: thing) -> thing;
  peek: func(lie: u32, t: borrow<thing>) -> u32;
}
}`;

/** Calls by their names in TypeScript; the corpus is read by people, not typed. */
export type Calls = Record<string, (...args: unknown[]) => unknown>;

export interface Contract {
  readonly decoded: Interface;
  readonly binding: InterfaceBinding<Calls>;
}

export interface Contracts {
  readonly work: Contract;
  readonly host: Contract;
}

async function load(): Promise<Contracts> {
  const core = await componentEmbed({
    witSource: WIT,
    dummy: true,
    world: "hostile",
  });
  const section = embeddedSection(core);
  if (section === undefined) throw new Error("no world is embedded");
  const { imports, exports } = decodeEmbedded(section);
  const names = definers([...imports, ...exports]);
  const contract = async (name: string, constant: string) => {
    const decoded = [...imports, ...exports].find((one) => one.name === name);
    if (decoded === undefined) throw new Error(`no interface ${name}`);
    const source = bindingSource(decoded, names);
    return { decoded, binding: await loadBinding(source, constant) };
  };
  return {
    work: await contract(WORK, "work"),
    host: await contract(HOST, "host"),
  };
}

let loading: Promise<Contracts> | undefined;

export function contracts(): Promise<Contracts> {
  return loading ??= load();
}
