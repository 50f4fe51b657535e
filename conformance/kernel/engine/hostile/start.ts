/** Cells that go wrong while they are made: start functions and segments. */
import { deepStrictEqual } from "node:assert/strict";
import type { End, Judge } from "./judge.ts";
import { type CellText, componentOf, moduleText } from "./text.ts";

interface Start {
  readonly name: string;
  readonly wrong: CellText;
  /** The same, told to behave. */
  readonly good: CellText;
  /** How it ends, or what `run` gives after it where the rules let it. */
  readonly end: End | { readonly gives: number };
}

const RUN = { run: "(global.get $begun)" };
const BEGUN = "(global $begun (mut i32) (i32.const 0))";
const DONE = "(global.set $begun (i32.const 1))";

/** A start function, and its twin that only notes that it ran. */
function begins(
  name: string,
  body: string,
  end: Start["end"],
  cell: CellText = {},
  how = `(func $begin ${DONE} BODY) (start $begin)`,
): Start {
  const text = (body: string): CellText => ({
    ...cell,
    bodies: RUN,
    more: `${BEGUN} ${cell.more ?? ""} ${how.replace("BODY", body)}`,
  });
  return { name, wrong: text(body), good: text(""), end };
}

const LATER = `(func (export "_initialize") ${DONE} BODY)`;
const DEEP = `(func $deep (param i32) (result i32)
  (i32.add (i32.const 1) (call $deep (local.get 0))))`;
const SET_ASKED = "(global.set $begun (call $ask (i32.const 1)))";

/** A field that the module is instantiated with, and its twin. */
function field(name: string, wrong: string, good: string): Start {
  const text = (more: string): CellText => ({
    bodies: RUN,
    more: `(global $begun i32 (i32.const 1)) ${more}`,
  });
  return { name, wrong: text(wrong), good: text(good), end: "trap" };
}

export const STARTS: readonly Start[] = [
  begins("start that spins", "(call $spin)", "stop"),
  begins("start that traps", "unreachable", "trap"),
  begins("start that recurses", "(drop (call $deep (i32.const 0)))", "stack", {
    more: DEEP,
  }),
  begins("start that calls an import", SET_ASKED, { gives: 8 }, {
    uses: ["ask"],
  }),
  begins(
    "start that calls an import for ever",
    "(loop $l (drop (call $ask (i32.const 1))) (br $l))",
    "stop",
    { uses: ["ask"] },
  ),
  begins(
    "start that wants a text before there is an allocator",
    "(call $say (i32.const 0) (i32.const 4) (i32.const 64))",
    "abi",
    { uses: ["say"] },
  ),
  begins(
    "start that tells a text outside the memory",
    "(call $say (i32.const -1) (i32.const 4) (i32.const 64))",
    "abi",
    { uses: ["say"] },
  ),
  begins(
    "start that drops a forged handle",
    "(call $drop_item (i32.const 1))",
    "abi",
    {
      uses: ["drop_item"],
    },
  ),
  begins(
    "start that grows the memory to its limit, and traps",
    `(loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1))))
      unreachable`,
    "memory",
  ),
  begins("initialiser that spins", "(call $spin)", "stop", {}, LATER),
  begins("initialiser that traps", "unreachable", "trap", {}, LATER),
  field(
    "data segment outside the memory",
    `(data (i32.const 65535) "hi")`,
    `(data (i32.const 65534) "hi")`,
  ),
  field(
    "data segment at address -1",
    `(data (i32.const -1) "")`,
    `(data (i32.const 65536) "")`,
  ),
  field(
    "element segment outside its table",
    "(table 2 funcref) (elem (i32.const 2) $spin)",
    "(table 2 funcref) (elem (i32.const 1) $spin)",
  ),
];

export async function judgeStart(judge: Judge, start: Start): Promise<void> {
  const octets = async (text: CellText) =>
    await componentOf(await moduleText(text));
  const gives = async (text: CellText) => {
    const { instance, work } = await judge.live(await octets(text));
    return instance.guard(20_000, () => work["run"]?.(0));
  };
  deepStrictEqual(
    await gives(start.good),
    { ok: true, value: 1 },
    "its twin behaves",
  );
  const { end } = start;
  if (typeof end === "object") {
    deepStrictEqual(await gives(start.wrong), { ok: true, value: end.gives });
  } else await judge.judgeStart(await octets(start.wrong), end);
}
