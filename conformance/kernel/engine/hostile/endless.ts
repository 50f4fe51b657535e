/** Cells without measure: time, stack, memory, tables; and the plain traps. */
import type { Hostile } from "./judge.ts";
import type { CellText, Import } from "./text.ts";

const PAGES = 32;

/** `run` does the wrong thing, or gives 1. */
function run(
  name: string,
  wrong: string,
  end: Hostile["end"],
  cell: CellText = {},
): Hostile {
  return {
    name,
    cell: {
      ...cell,
      bodies: {
        run: `(if (result i32) (local.get 0)
          (then ${wrong}) (else (i32.const 1)))`,
      },
    },
    call: (work, lie) => work["run"]?.(lie),
    right: 1,
    end,
  };
}

const ASK: { readonly uses: readonly Import[] } = { uses: ["ask"] };

const TIME: readonly Hostile[] = [
  run("loop without an end", "(loop $l (br $l)) (i32.const 0)", "stop"),
  run("loop that counts to 2^64", `(call $count) (i32.const 0)`, "stop", {
    more: `(func $count (local $i i64) (loop $l
      (local.set $i (i64.add (local.get $i) (i64.const 1)))
      (br_if $l (i64.ne (local.get $i) (i64.const 0)))))`,
  }),
  run(
    "loop through a table of labels",
    "(loop $l (br_table $l $l (i32.const 7))) (i32.const 0)",
    "stop",
  ),
  run("tail calls for ever", "(return_call $again (i32.const 0))", "stop", {
    more:
      "(func $again (param i32) (result i32) (return_call $again (local.get 0)))",
  }),
  run(
    "imports for ever",
    "(loop $l (drop (call $ask (i32.const 1))) (br $l)) (i32.const 0)",
    "stop",
    ASK,
  ),
  run(
    "100,000 calls of an import",
    `(local.set $n (i32.const 100000))
    (loop $l (drop (call $ask (i32.const 1)))
      (br_if $l (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (call $ask (i32.const 1))`,
    { gives: 8 },
    { ...ASK },
  ),
  run(
    "fills its memory for ever",
    "(loop $l (memory.fill (i32.const 0) (i32.const 1) (i32.const 65536)) (br $l)) (i32.const 0)",
    "stop",
  ),
];

const TABLE = `(type $f (func (result i32)))
  (table $t 4 funcref) (elem (i32.const 0) $self $other)
  (func $self (type $f) (call_indirect (type $f) (i32.const 0)))
  (func $other (param i64))`;

const STACK: readonly Hostile[] = [
  run("recursion", "(call $deep (i32.const 0))", "stack", {
    more: `(func $deep (param i32) (result i32)
      (i32.add (i32.const 1) (call $deep (local.get 0))))`,
  }),
  run("recursion of two", "(call $one)", "stack", {
    more: `(func $one (result i32) (i32.add (i32.const 1) (call $two)))
      (func $two (result i32) (i32.add (i32.const 1) (call $one)))`,
  }),
  run(
    "recursion with a thousand locals",
    "(call $deep (i32.const 0))",
    "stack",
    {
      more: `(func $deep (param i32) (result i32)
      (local ${"i64 ".repeat(1_000)})
      (i32.add (i32.const 1) (call $deep (local.get 0))))`,
    },
  ),
  run(
    "recursion through a table",
    "(i32.add (i32.const 1) (call_indirect (type $f) (i32.const 2)))",
    "stack",
    {
      more: `(type $f (func (result i32))) (table 4 funcref)
      (elem (i32.const 2) $self)
      (func $self (type $f)
        (i32.add (i32.const 1) (call_indirect (type $f) (i32.const 2))))`,
    },
  ),
  {
    name: "allocator that calls itself through an import",
    cell: {
      uses: ["say"],
      bodies: {
        run:
          "(call $say (i32.const 0) (local.get 0) (i32.const 64)) (i32.const 1)",
      },
      realloc: `(if (local.get 3) (then
        (if (i32.gt_u (local.get 3) (i32.const 1)) (then
        (call $say (i32.const 0) (local.get 3) (i32.const 64))))))
        (call $bump (local.get 2) (local.get 3))`,
    },
    call: (work, lie) => work["run"]?.(lie),
    right: 1,
    end: "abi",
  },
];

const TRAPS: readonly Hostile[] = [
  run("unreachable", "unreachable", "trap"),
  run("division by zero", "(i32.div_u (i32.const 1) (i32.const 0))", "trap"),
  run(
    "division that overflows",
    "(i32.div_s (i32.const 0x80000000) (i32.const -1))",
    "trap",
  ),
  run("infinity as an integer", "(i32.trunc_f64_s (f64.const inf))", "trap"),
  run(
    "read outside the memory",
    "(i32.load offset=0xffffffff (i32.const -1))",
    "trap",
  ),
  run(
    "copy outside the memory",
    "(memory.copy (i32.const 0) (i32.const 65000) (i32.const 65000)) (i32.const 0)",
    "trap",
  ),
  run(
    "call of an empty place in a table",
    "(call_indirect (type $f) (i32.const 3))",
    "trap",
    { more: TABLE },
  ),
  run(
    "call outside a table",
    "(call_indirect (type $f) (i32.const -1))",
    "trap",
    { more: TABLE },
  ),
  run(
    "call of another type",
    "(call_indirect (type $f) (i32.const 1))",
    "trap",
    { more: TABLE },
  ),
  run(
    "dropped data segment used",
    "(data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 2)) (i32.const 0)",
    "trap",
    { more: `(data $d "hi")` },
  ),
];

const GROW = `(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1))
  (i32.const -1))))`;
const GROW_TABLE = `(loop $l (br_if $l (i32.ne
  (table.grow $big (ref.null func) (i32.const 4096)) (i32.const -1))))
  (table.size $big)`;

const SPACE: readonly Hostile[] = [
  run("memory that grows for ever", `${GROW} (memory.size)`, { gives: PAGES }),
  run(
    "memory that grows by all there is",
    "(memory.grow (i32.const 0x10000))",
    { gives: 0xffff_ffff },
  ),
  run(
    "memory that grows for ever, and a trap",
    `${GROW} unreachable`,
    "memory",
  ),
  run(
    "memory that grows for ever, and recursion",
    `${GROW} (call $deep (i32.const 0))`,
    "stack",
    {
      more: `(func $deep (param i32) (result i32)
      (i32.add (i32.const 1) (call $deep (local.get 0))))`,
    },
  ),
  run("table that grows for ever", GROW_TABLE, { gives: 262_144 }, {
    more: "(table $big 0 funcref)",
  }),
];

export const ENDLESS: readonly Hostile[] = [
  ...TIME,
  ...STACK,
  ...TRAPS,
  ...SPACE,
];
