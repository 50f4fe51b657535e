/**
 * The same two cells written by hand, without objects and an allocator.
 *
 * A call between them costs what the crossing costs: `back` stores what it is
 * given where its result lies, `front` loads the words again and calls. Nothing
 * but `work.add`, `work.echo` and `drive` is ever called.
 */
import {
  componentEmbed,
  componentNew,
  parse,
} from "@bytecodealliance/jco-transpile/wasm-tools";
import { FIELDS, witText } from "./bench_cell.ts";

const WORK = "karyon:bench/work@0.1.0";
const DRIVE = "karyon:bench/drive@0.1.0";
const LIFECYCLE = "karyon:kernel/lifecycle@0.1.0";

const words = (count: number) => `(param ${"i32 ".repeat(count)})`;
const word = "(result i32)";

/** Never called: a generation wants them to be there. */
const lifecycle = Object.entries({
  start: [6, word],
  health: [0, word],
  "state-version": [0, word],
  snapshot: [0, word],
  migrate: [3, word],
  stop: [0, ""],
}).map(([name, [count, result]]) =>
  `(func (export "${LIFECYCLE}#${name}") ${words(Number(count))} ${result}
    unreachable)`
).join("\n");

const REALLOC = `(func (export "cabi_realloc") ${words(4)} ${word}
  i32.const 4096)`;

const OUT = 1_024;
const each = (write: (at: number) => string) =>
  FIELDS.map((_, at) => write(at)).join("\n");

const BACK = `(module
  (memory (export "memory") 1)
  ${REALLOC}
  ${lifecycle}
  (func (export "${WORK}#add") (param i32 i32) ${word}
    (i32.add (local.get 0) (local.get 1)))
  (func (export "${WORK}#octets") (param i32 i32) ${word} (local.get 1))
  (func (export "${WORK}#text") (param i32 i32) ${word} (local.get 1))
  (func (export "${WORK}#echo") ${words(16)} ${word}
    ${each((at) => `(i32.store (i32.const ${OUT + 4 * at}) (local.get ${at}))`)}
    (i32.const ${OUT})))`;

/** Calls in a loop; `call` leaves the last answer in local 1. */
const looped = (name: string, call: string) =>
  `(func (export "${DRIVE}#${name}") (param $left i32) ${word}
    (local $answer i32)
    (block $done (loop $next
      (br_if $done (i32.eqz (local.get $left)))
      ${call}
      (local.set $left (i32.sub (local.get $left) (i32.const 1)))
      (br $next)))
    (local.get $answer))`;

const FRONT = `(module
  (import "${WORK}" "add" (func $add (param i32 i32) ${word}))
  (import "${WORK}" "echo" (func $echo ${words(17)}))
  (memory (export "memory") 1)
  ${REALLOC}
  ${lifecycle}
  ${
  looped(
    "add",
    "(local.set $answer (call $add (local.get $answer) (local.get $left)))",
  )
}
  ${
  looped(
    "echo",
    `${each((at) => `(i32.load (i32.const ${OUT + 4 * at}))`)}
     (call $echo (i32.const ${OUT}))
     (local.set $answer (i32.load (i32.const ${OUT})))`,
  )
})`;

async function componentOf(text: string, world: string): Promise<Uint8Array> {
  const binary = await parse(text);
  return await componentNew(
    await componentEmbed({ binary, witSource: witText(), world }),
  );
}

export interface PlainCells {
  readonly back: Uint8Array;
  readonly front: Uint8Array;
}

export async function plainCells(): Promise<PlainCells> {
  return {
    back: await componentOf(BACK, "plain-back"),
    front: await componentOf(FRONT, "front"),
  };
}
