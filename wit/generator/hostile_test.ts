/**
 * Cells that lie: every broken rule of the canonical ABI is an `AbiFault`, never a wrong value or another error.
 *
 * Plan: one rule per case, named after it, each beside the control that shows the honest form passing; results of exports
 * first, then arguments of imports, then the cell's allocator.
 */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import { worldOf } from "../../scripts/build_generate.ts";
import type { CoreInstance, InterfaceBinding } from "../abi/binding.ts";
import { AbiFault } from "../abi/fault.ts";
import { ResourceTables } from "../abi/resources.ts";
import { definers } from "./as_dialect.ts";
import { loadBinding } from "../testing/instance.ts";
import { bindingSource } from "./ts_binding.ts";

const NAME = "karyon:lies/lies@0.1.0";
const WIT = `package karyon:cell-lies@0.1.0;
world lies { import karyon:lies/lies@0.1.0; }
package karyon:lies@0.1.0 {
interface lies {
  enum colour { red, green, blue }
  variant shape { dot, line(u32), text(string) }
  record point { x: u64, name: string }
  truth: func() -> bool;
  letter: func() -> char;
  hue: func() -> colour;
  form: func() -> shape;
  text: func() -> string;
  octets: func() -> list<u8>;
  numbers: func() -> list<u32>;
  texts: func() -> list<string>;
  spot: func() -> point;
  maybe: func() -> option<u64>;
  many: func() -> list<list<u8>>;
  take: func(text: string, octets: list<u8>) -> string;
  choose: func(c: colour) -> bool;
}
}`;

type Calls = Record<string, (...args: unknown[]) => unknown>;

let binding: Promise<InterfaceBinding<Calls>> | undefined;

function once(): Promise<InterfaceBinding<Calls>> {
  return binding ??= (async () => {
    const { imports } = await worldOf(WIT, "lies");
    const found = imports[0];
    if (found === undefined) throw new Error("no interface");
    return await loadBinding(bindingSource(found, definers(imports)), "lies");
  })();
}

/** A cell of one page whose exports all give `flat`; `fill` writes its memory. */
function cell(
  flat: number,
  fill: (view: DataView, octets: Uint8Array) => void = () => {},
  realloc: CoreInstance["realloc"] = () => 1024,
): CoreInstance {
  const memory = new WebAssembly.Memory({ initial: 1 });
  fill(new DataView(memory.buffer), new Uint8Array(memory.buffer));
  const exports: Record<string, () => number> = {};
  for (
    const name of [
      "truth",
      "letter",
      "hue",
      "form",
      "text",
      "octets",
      "numbers",
      "texts",
      "spot",
      "maybe",
      "many",
      "take",
      "choose",
    ]
  ) exports[`${NAME}#${name}`] = () => flat;
  return { memory, exports, realloc, resources: new ResourceTables() };
}

/** Words from an address on, little endian. */
function words(at: number, ...values: number[]) {
  return (view: DataView) => {
    values.forEach((value, i) => view.setUint32(at + i * 4, value, true));
  };
}

async function asked(core: CoreInstance, method: string): Promise<unknown> {
  const calls = (await once()).bind(core);
  return (calls[method] as () => unknown)();
}

async function refuses(core: CoreInstance, method: string): Promise<void> {
  const calls = (await once()).bind(core);
  throws(() => (calls[method] as () => unknown)(), AbiFault);
}

Deno.test("a boolean is any number, and only 0 is false", async () => {
  strictEqual(await asked(cell(0), "truth"), false);
  for (const number of [1, 2, 256, -1]) {
    strictEqual(await asked(cell(number), "truth"), true);
  }
});

Deno.test("a character is a Unicode scalar value", async () => {
  strictEqual(await asked(cell(0x1f701), "letter"), "🜁");
  await refuses(cell(0xd800), "letter");
  await refuses(cell(0x110000), "letter");
  await refuses(cell(-1), "letter");
});

Deno.test("an enum's number has a case", async () => {
  strictEqual(await asked(cell(2), "hue"), "blue");
  await refuses(cell(3), "hue");
  await refuses(cell(-1), "hue");
});

Deno.test("a variant's discriminant has a case", async () => {
  deepStrictEqual(await asked(cell(16, words(16, 1, 77)), "form"), {
    tag: "line",
    val: 77,
  });
  await refuses(cell(16, words(16, 3)), "form");
  await refuses(cell(16, words(16, 255)), "form");
});

Deno.test("an option's discriminant is 0 or 1", async () => {
  strictEqual(await asked(cell(16, words(16, 0)), "maybe"), undefined);
  await refuses(cell(16, words(16, 2)), "maybe");
});

Deno.test("a result lies inside the memory, aligned", async () => {
  strictEqual(await asked(cell(16, words(16, 0, 0)), "text"), "");
  await refuses(cell(65536 - 4), "text");
  await refuses(cell(-8), "text");
  await refuses(cell(18), "text");
  await refuses(cell(0x7fff_fff8), "maybe");
  await refuses(cell(20), "maybe");
});

Deno.test("a string lies inside the memory", async () => {
  const text = (view: DataView, octets: Uint8Array) => {
    words(16, 65536 - 3, 3)(view);
    octets.set([97, 98, 99], 65536 - 3);
  };
  strictEqual(await asked(cell(16, text), "text"), "abc");
  await refuses(cell(16, words(16, 65536 - 3, 4)), "text");
  await refuses(cell(16, words(16, 0, 0xffff_ffff)), "text");
  await refuses(cell(16, words(16, 65537, 0)), "text");
  await refuses(cell(16, words(16, 0xffff_ffff, 0xffff_ffff)), "text");
});

Deno.test("a string is UTF-8", async () => {
  const text = (...given: number[]) => (view: DataView, octets: Uint8Array) => {
    words(16, 64, given.length)(view);
    octets.set(given, 64);
  };
  strictEqual(await asked(cell(16, text(0xc3, 0xa9)), "text"), "é");
  await refuses(cell(16, text(0xc3)), "text");
  await refuses(cell(16, text(0xff, 0x61)), "text");
  await refuses(cell(16, text(0xed, 0xa0, 0x80)), "text");
  await refuses(cell(16, text(0xc0, 0x80)), "text");
  strictEqual(
    await asked(cell(16, text(0xef, 0xbb, 0xbf, 0x61)), "text"),
    "\ufeffa",
    "a byte order mark is a character like any other",
  );
});

Deno.test("a list lies inside the memory, aligned", async () => {
  deepStrictEqual(
    await asked(cell(16, words(16, 64, 2)), "numbers"),
    new Uint32Array(2),
  );
  await refuses(cell(16, words(16, 66, 2)), "numbers");
  await refuses(cell(16, words(16, 65536 - 4, 2)), "numbers");
  await refuses(cell(16, words(16, 0, 0x4000_0001)), "numbers");
  await refuses(cell(16, words(16, 65535, 2)), "octets");
  await refuses(cell(16, words(16, 0, 0x2000_0001)), "texts");
});

Deno.test("a list that points at itself costs no more than the limit", async () => {
  const memory = (view: DataView) => {
    words(16, 32, 8000)(view);
    for (let at = 0; at < 8000; at++) words(32 + at * 8, 0, 65536)(view);
  };
  await refuses(cell(16, memory), "many");
  const few = (view: DataView) => words(16, 32, 2, 0, 0, 3, 0, 4)(view);
  strictEqual((await asked(cell(16, few), "many") as unknown[]).length, 2);
});

Deno.test("a contract's function is there", async () => {
  const core = cell(0);
  const { [`${NAME}#truth`]: _, ...exports } = core.exports;
  const { bind } = await once();
  throws(() => bind({ ...core, exports }), AbiFault);
});

Deno.test("arguments of an import are checked like results", async () => {
  const { lower } = await once();
  const core = cell(0, (_, octets) => octets.set([104, 105], 64));
  let seen: unknown[] = [];
  const functions = lower(() => core, {
    take: (...args: unknown[]) => {
      seen = args;
      return "";
    },
    choose: (...args: unknown[]) => {
      seen = args;
      return true;
    },
  } as unknown as Calls) as unknown as Record<
    string,
    (...args: number[]) => unknown
  >;
  const take = functions["take"] as (...args: number[]) => unknown;
  take(64, 2, 64, 1, 16);
  deepStrictEqual(seen, ["hi", new Uint8Array([104])]);
  seen = [];
  throws(() => take(65535, 2, 64, 1, 16), AbiFault, "string");
  throws(() => take(64, 2, -1, 1, 16), AbiFault, "list");
  const choose = functions["choose"] as (...args: number[]) => unknown;
  throws(() => choose(3), AbiFault, "enum");
  deepStrictEqual(seen, [], "the host was not asked");
  throws(() => take(64, 2, 64, 1, 65534), AbiFault, "return pointer");
});

Deno.test("what the cell's allocator gives is checked before it is written", async () => {
  const { bind } = await once();
  const give = (at: number) => {
    const { take } = bind(cell(16, () => {}, () => at)) as Calls;
    return () =>
      (take as (...args: unknown[]) => unknown)(
        "a long text",
        new Uint8Array(9),
      );
  };
  strictEqual(give(1024)(), "", "control");
  throws(give(65530), AbiFault, "past the end");
  throws(give(-16), AbiFault, "before the start");
});
