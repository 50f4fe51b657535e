/** Components that must not be loaded: lies about names, types, sizes and rights. */
import { deepStrictEqual } from "node:assert/strict";
import {
  componentEmbed,
  componentNew,
  parse,
} from "@bytecodealliance/jco-transpile/wasm-tools";
import type { EngineRefusal } from "../../../../kernel/engine/engine.ts";
import { type Judge, NEIGHBOUR } from "./judge.ts";
import { exchanged, nested, replaced } from "./octets.ts";
import { type CellText, componentOf, moduleText } from "./text.ts";
import { WORK } from "./world.ts";

interface Load {
  readonly name: string;
  readonly octets: () => Promise<Uint8Array>;
  readonly kind: EngineRefusal["kind"];
  readonly reason: RegExp;
}

const cell = async (more: CellText = {}) =>
  await componentOf(await moduleText({ ...NEIGHBOUR, ...more }));

/** The neighbour's octets, with a change. */
function changed(
  name: string,
  kind: Load["kind"],
  reason: RegExp,
  change: (octets: Uint8Array) => Uint8Array,
  more: CellText = {},
): Load {
  return { name, kind, reason, octets: async () => change(await cell(more)) };
}

function written(
  name: string,
  kind: Load["kind"],
  reason: RegExp,
  octets: () => Promise<Uint8Array>,
): Load {
  return { name, kind, reason, octets };
}

const NAMES: readonly Load[] = [
  changed(
    "contract's function under another name",
    "unsupported",
    /does not export "karyon:hostile\/work@0\.1\.0#echo"/,
    (octets) => replaced(octets, `${WORK}#echo`, `${WORK}#ecco`),
  ),
  changed(
    "contract's function missing in the core module alone",
    "malformed",
    /./,
    (octets) => replaced(octets, `${WORK}#echo`, `${WORK}#ecco`, 1),
  ),
  changed(
    "contract's functions that changed places",
    "unsupported",
    /exports "karyon:hostile\/work@0\.1\.0#(hues|real)" as/,
    (octets) => exchanged(octets, `${WORK}#real`, `${WORK}#hues`),
  ),
  changed(
    "allocator under another name",
    "unsupported",
    /exports no "cabi_realloc"/,
    (octets) => replaced(octets, "cabi_realloc", "cabi_reallox"),
  ),
  changed(
    "allocator of another type",
    "unsupported",
    /exports "cabi_realloc" as i64 -> i64/,
    (octets) => exchanged(octets, "cabi_realloc", "more_realloc"),
    {
      more: `(func (export "more_realloc") (param i64) (result i64)
        (local.get 0))`,
    },
  ),
  changed(
    "clean-up of another type",
    "unsupported",
    /exports "cabi_post_karyon:hostile\/work@0\.1\.0#echo" as i64 -> /,
    (octets) =>
      exchanged(octets, `cabi_post_${WORK}#echo`, `more_post_${WORK}#echo`),
    {
      more: `(func (export "more_post_${WORK}#echo") (param i64))`,
    },
  ),
  changed(
    "memory that only the linker finds",
    "malformed",
    /./,
    (octets) => replaced(octets, "\u0006memory", "\u0006memorx", 1),
  ),
];

/** A component in text, without the tool that makes them. */
const raw = (text: string) => parse(`(component ${text})`);

const RIGHTS: readonly Load[] = [
  written(
    "files that nobody granted",
    "ungranted-import",
    /wasi:filesystem\/types@0\.2\.0/,
    async () =>
      await componentNew(
        await componentEmbed({
          binary: await parse(`(module
            (import "wasi:filesystem/types@0.2.0" "open" (func $open (result i32)))
            (func (export "karyon:quiet/quiet@0.1.0#run") (result i32)
              (call $open)))`),
          witSource: `package karyon:cell-quiet@0.1.0;
            world quiet {
              import wasi:filesystem/types@0.2.0;
              export karyon:quiet/quiet@0.1.0;
            }
            package wasi:filesystem@0.2.0 {
              interface types { open: func() -> u32; }
            }
            package karyon:quiet@0.1.0 {
              interface quiet { run: func() -> u32; }
            }`,
          world: "quiet",
        }),
      ),
  ),
  written(
    "function of a granted contract that the contract has not",
    "contract-differs",
    /the cell has "steal/,
    async () =>
      await componentNew(
        await componentEmbed({
          binary: await parse(`(module
            (import "karyon:hostile/host@0.1.0" "steal" (func))
          )`),
          witSource: `package karyon:cell-quiet@0.1.0;
            world quiet { import karyon:hostile/host@0.1.0; }
            package karyon:hostile@0.1.0 { interface host { steal: func(); } }`,
          world: "quiet",
        }),
      ),
  ),
  written(
    "resources imported and exported under one name",
    "unsupported",
    /imports and exports the resources of karyon:both\/both@0\.1\.0/,
    async () =>
      await componentNew(
        await componentEmbed({
          binary: await parse(`(module
            (import "karyon:both/both@0.1.0" "[constructor]one"
              (func (result i32)))
            (func (export "karyon:both/both@0.1.0#[constructor]one")
              (result i32) unreachable))`),
          witSource: `package karyon:cell-both@0.1.0;
            world both {
              import karyon:both/both@0.1.0;
              export karyon:both/both@0.1.0;
            }
            package karyon:both@0.1.0 {
              interface both { resource one { constructor(); } }
            }`,
          world: "both",
        }),
      ),
  ),
  written(
    "module between it and the host",
    "unsupported",
    /2 core modules/,
    () =>
      raw(`(core module $engine (global (export "g") i32 (i32.const 0))
          (func (export "karyon:engine/fuel")))
        (core instance $e (instantiate $engine))
        (core module $main (import "karyon:engine" "g" (global i32))
          (func (export "f")))
        (core instance (instantiate $main (with "karyon:engine" (instance $e))))`),
  ),
];

const pages = (pages: string) => ({
  memory: `(memory (export "memory") ${pages})`,
});

const SIZES: readonly Load[] = [
  changed(
    "4 GiB of memory to begin with",
    "too-large",
    /granted are 2/,
    (octets) => octets,
    pages("65536"),
  ),
  changed(
    "table of ten million to begin with",
    "too-large",
    /table entries/,
    (octets) => octets,
    {
      more: "(table 10000000 funcref)",
    },
  ),
  changed(
    "hundred tables of ten thousand",
    "too-large",
    /table entries/,
    (octets) => octets,
    {
      more: "(table 10000 funcref)".repeat(100),
    },
  ),
  written(
    "nine core modules",
    "too-large",
    /9 core modules/,
    () => raw("(core module)".repeat(9)),
  ),
  changed(
    "function too large once it can be stopped",
    "too-large",
    /made stoppable/,
    (octets) => octets,
    { more: `(func ${"(loop (drop (i32.const 0)))".repeat(450_000)})` },
  ),
  written(
    "type that doubles forty times",
    "malformed",
    /longer than|nested|too/,
    () => {
      const types = Array.from(
        { length: 40 },
        (_, at) => `(type $t${at + 1} (tuple $t${at} $t${at}))`,
      );
      return raw(`(import "karyon:hostile/host@0.1.0" (instance
        (type $t0 (list u8)) ${types.join(" ")}
        (export "ask" (func (param "x" $t40)))))`);
    },
  ),
  written(
    "type nested a thousand times",
    "malformed",
    /./,
    () => {
      const types = Array.from(
        { length: 1_000 },
        (_, at) => `(type $t${at + 1} (list $t${at}))`,
      );
      return raw(`(import "karyon:hostile/host@0.1.0" (instance
        (type $t0 (list u8)) ${types.join(" ")}
        (export "ask" (func (param "x" $t1000)))))`);
    },
  ),
  written(
    "components nested a hundred times",
    "malformed",
    /./,
    () => Promise.resolve(nested(100)),
  ),
  written(
    "contract's name of a thousand letters",
    "malformed",
    /./,
    () => raw(`(import "karyon:${"a".repeat(1_000)}/b@0.1.0" (instance))`),
  ),
];

const FEATURES: readonly Load[] = [
  changed("shared memory", "unsupported", /shared memory/, (octets) => octets, {
    ...pages("1"),
    more: "(memory 1 1 shared)",
  }),
  changed(
    "second memory",
    "unsupported",
    /one 32-bit memory/,
    (octets) => octets,
    {
      more: "(memory 1)",
    },
  ),
  changed(
    "exception that it throws",
    "malformed",
    /exceptions/,
    (octets) => octets,
    {
      more: "(tag $t) (func (throw $t))",
    },
  ),
  changed(
    "exception that it catches",
    "unsupported",
    /try_table|exception/,
    (octets) => octets,
    {
      more: "(func (block (try_table (catch_all 0) (call $spin))))",
    },
  ),
  changed(
    "objects on the host's heap",
    "unsupported",
    /struct|gc/,
    (octets) => octets,
    {
      more:
        "(type $s (struct (field i32))) (func (drop (struct.new_default $s)))",
    },
  ),
];

const OWN_NAMES = ["fuel", "stack", "stop", "start"].map((name) =>
  changed(
    `export by the engine's own name, ${name}`,
    "unsupported",
    /which is the engine's own/,
    (octets) => octets,
    { more: `(func (export "karyon:engine/${name}") unreachable)` },
  )
);

export const LOADS: readonly Load[] = [
  ...OWN_NAMES,
  ...NAMES,
  ...RIGHTS,
  ...SIZES,
  ...FEATURES,
];

export async function judgeLoad(judge: Judge, load: Load): Promise<void> {
  await judge.judgeRefusal(await load.octets(), load.kind, load.reason);
}

`(@custom "name" (after data) "\\00\\ff\\ff\\ff\\ff\\ff")`;

/** Odd, and yet right: each answers like the neighbour. */
export interface Odd {
  readonly name: string;
  readonly text: CellText;
  readonly change?: (octets: Uint8Array) => Uint8Array;
}

export const ODD: readonly Odd[] = [
  {
    name: "names of functions that are no text",
    text: { more: "(func $quite_unusual)" },
    change: (octets) =>
      replaced(octets, "quite_unusual", new Uint8Array(13).fill(0xff)),
  },
  {
    name: "65,536 functions",
    text: { more: "(func)".repeat(65_536) },
  },
  {
    name: "function of 49,000 locals",
    text: { more: `(func (local ${"i64 ".repeat(49_000)}))` },
  },
  {
    name: "blocks nested 10,000 deep",
    text: { more: `(func ${"loop ".repeat(10_000)}${"end ".repeat(10_000)})` },
  },
  {
    name: "export with a name of 90,000 letters",
    text: { more: `(func (export "${"n".repeat(90_000)}"))` },
  },
  {
    name: "exports by names of objects' own members",
    text: {
      more: ["__proto__", "constructor", "toString", "then"].map((name) =>
        `(func (export "${name}") unreachable)`
      ).join(" "),
    },
  },
  {
    name: "destructor of a resource that it imports",
    text: {
      more: `(func (export "karyon:hostile/host@0.1.0#[dtor]item") (param i32)
        unreachable)`,
    },
  },
  {
    name: "memory without a page",
    text: {
      memory: `(memory (export "memory") 0 1)`,
      realloc: `(drop (memory.grow (i32.const 1))) (i32.const 128)`,
    },
  },
];

export async function judgeOdd(judge: Judge, odd: Odd): Promise<void> {
  const octets = await cell(odd.text);
  const { instance, work } = await judge.live(odd.change?.(octets) ?? octets);
  const answer = instance.guard(
    20_000,
    () => [work["echo"]?.("odd"), work["run"]?.(1)],
  );
  deepStrictEqual(answer, { ok: true, value: ["odd", 8] });
  judge.peace();
}
