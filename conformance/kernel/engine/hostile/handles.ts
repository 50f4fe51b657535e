/** Cells that cheat with resources: forged, stale, foreign and endless handles. */
import { strictEqual } from "node:assert/strict";
import { type Hostile, Item } from "./judge.ts";
import type { Import } from "./text.ts";

const LIE = "(local.get 0)";
const ITEM = "(local.get 1)";

/** The cell is given an item of the number 9, to own. */
function held(
  name: string,
  body: string,
  right: unknown,
  end: Hostile["end"] = "abi",
  uses: readonly Import[] = ["number", "sell", "weigh", "drop_item"],
): Hostile {
  return {
    name,
    cell: { uses, bodies: { hold: body } },
    call: (work, lie) => work["hold"]?.(lie, new Item(9)),
    right,
    end,
  };
}

/** The cell is shown an item of the number 9. */
function shown(
  name: string,
  body: string,
  right: unknown,
  end: Hostile["end"] = "abi",
): Hostile {
  return {
    name,
    cell: {
      uses: ["number", "sell", "weigh", "drop_item"],
      bodies: { show: body },
    },
    call: (work, lie) => {
      using item = new Item(9);
      return work["show"]?.(lie, item);
    },
    right,
    end,
  };
}

const or = (lie: string, honest: string) =>
  `(select (i32.const ${lie}) ${honest} ${LIE})`;

const ITEMS: readonly Hostile[] = [
  held("handle 0", `(call $number ${or("0", ITEM)})`, 9),
  held("handle made up", `(call $number ${or("77", ITEM)})`, 9),
  held("handle -1", `(call $number ${or("-1", ITEM)})`, 9),
  held(
    "handle of another life of its place",
    `(call $number
    (i32.add ${ITEM} (i32.shl ${LIE} (i32.const 17))))`,
    9,
  ),
  held(
    "handle with the sign bit",
    `(call $number
    (i32.or ${ITEM} (i32.shl ${LIE} (i32.const 31))))`,
    9,
  ),
  held(
    "handle used after it was dropped",
    `(if ${LIE} (then
    (call $drop_item ${ITEM}))) (call $number ${ITEM})`,
    9,
  ),
  held(
    "handle dropped twice",
    `(call $drop_item ${ITEM})
    (if ${LIE} (then (call $drop_item ${ITEM}))) (i32.const 1)`,
    1,
  ),
  held(
    "own handle given away twice",
    `(call $sell ${ITEM})
    (if ${LIE} (then (drop (call $sell ${ITEM}))))`,
    9,
  ),
  held(
    "handle of another type",
    `(call $number (if (result i32) ${LIE}
    (then (call $new_thing (i32.const 5))) (else ${ITEM})))`,
    9,
    "abi",
    ["number", "new_thing"],
  ),
  held(
    "handle of another type dropped",
    `(call $drop_item (if (result i32) ${LIE}
    (then (call $new_thing (i32.const 5))) (else ${ITEM}))) (i32.const 1)`,
    1,
    "abi",
    ["drop_item", "new_thing"],
  ),
  held(
    "number asked of a foreign handle",
    `(call $rep_thing (if (result i32) ${LIE}
    (then ${ITEM}) (else (call $new_thing (i32.const 5)))))`,
    5,
    "abi",
    ["rep_thing", "new_thing"],
  ),
  shown(
    "borrowed handle kept after the call",
    `(call $weigh ${ITEM})
    (if (i32.eqz ${LIE}) (then (call $drop_item ${ITEM})))`,
    9,
  ),
  shown(
    "borrowed handle dropped twice",
    `(call $drop_item ${ITEM})
    (if ${LIE} (then (call $drop_item ${ITEM}))) (i32.const 1)`,
    1,
  ),
  shown(
    "borrowed handle given away",
    `(if ${LIE} (then (drop (call $sell ${ITEM}))))
    (call $drop_item ${ITEM}) (i32.const 1)`,
    1,
  ),
  {
    name: "borrowed handle of an earlier call",
    cell: {
      uses: ["weigh", "drop_item"],
      more: "(global $kept (mut i32) (i32.const 0))",
      bodies: {
        show: `(local.set $n (select (global.get $kept) ${ITEM} ${LIE}))
          (global.set $kept ${ITEM})
          (call $weigh (local.get $n)) (call $drop_item ${ITEM})`,
      },
    },
    call: (work, lie) => {
      using item = new Item(9);
      return [work["show"]?.(0, item), work["show"]?.(lie, item)];
    },
    right: [9, 9],
    end: "abi",
  },
  {
    name: "same item given to the host twice",
    cell: {
      uses: ["new_item"],
      more: "(global $kept (mut i32) (i32.const 0))",
      bodies: {
        give: `(if (i32.eqz ${LIE}) (then
          (global.set $kept (call $new_item (i32.const 4)))))
          (global.get $kept)`,
      },
    },
    call: (work, lie) => {
      const number = (lie: number) => {
        using item = work["give"]?.(lie) as Item;
        return item.n;
      };
      return [number(0), number(lie)];
    },
    right: [4, 4],
    end: "abi",
  },
];

const MAKES_FOR_EVER = (make: string, drop: string) =>
  `(loop $more
    (local.set $n (call $${make} (i32.const 4)))
    (if (i32.eqz ${LIE}) (then (call $${drop} (local.get $n))))
    (br_if $more ${LIE})) (i32.const 1)`;

const ENDLESS: readonly Hostile[] = [
  {
    name: "items for ever",
    cell: {
      uses: ["new_item", "drop_item"],
      bodies: { run: MAKES_FOR_EVER("new_item", "drop_item") },
    },
    call: (work, lie) => work["run"]?.(lie),
    right: 1,
    end: "abi",
  },
  {
    name: "things for ever",
    cell: {
      uses: ["new_thing", "drop_thing"],
      bodies: { run: MAKES_FOR_EVER("new_thing", "drop_thing") },
    },
    call: (work, lie) => work["run"]?.(lie),
    right: 1,
    end: "abi",
  },
];

const THING: Readonly<Record<string, string>> = {
  "[constructor]thing": `(call $new_thing ${LIE})`,
  "[method]thing.number": LIE,
};
type Thing = Disposable & { number(lie: number): number };
type ThingClass = new (n: number) => Thing;

/** A thing made by the cell, and what becomes of it. */
function thing(
  name: string,
  bodies: Readonly<Record<string, string>>,
  call: (
    work: Parameters<Hostile["call"]>[0],
    made: Thing,
    lie: number,
  ) => unknown,
  right: unknown,
  end: Hostile["end"],
  more = "",
): Hostile {
  return {
    name,
    cell: {
      uses: ["new_thing", "rep_thing", "drop_thing", "ask"],
      bodies: { ...THING, ...bodies },
      more,
    },
    call: (work, lie) => {
      work["turn"]?.(lie);
      const made = new (work["Thing"] as unknown as ThingClass)(6);
      return call(work, made, lie);
    },
    right,
    end,
  };
}

const destructor = (name: string, wrong: string, end: Hostile["end"]) =>
  thing(
    `destructor that ${name}`,
    {},
    (_work, made) => {
      made[Symbol.dispose]();
      made[Symbol.dispose]();
      return 1;
    },
    1,
    end,
    `(func (export "karyon:hostile/work@0.1.0#[dtor]thing") (param i32)
      (if (global.get $lie) (then ${wrong})))`,
  );

const THINGS: readonly Hostile[] = [
  destructor("traps", "unreachable", "trap"),
  destructor("spins", "(call $spin)", "stop"),
  destructor("calls an import", "(drop (call $ask (i32.const 1)))", {
    gives: 1,
  }),
  destructor(
    "drops what is being dropped",
    "(call $drop_thing (local.get 0))",
    "abi",
  ),
  thing(
    "thing without a destructor",
    {},
    (_work, made, lie) => {
      const number = made.number(lie);
      made[Symbol.dispose]();
      return number;
    },
    6,
    { gives: 6 },
  ),
  thing(
    "thing that is a forged handle",
    {
      swap: `(select (i32.const 99) (call $new_thing (i32.const 8)) ${LIE})`,
    },
    (work, made, lie) => (work["swap"]?.(lie, made) as Thing).number(0),
    8,
    "abi",
  ),
  thing(
    "thing given back after it was dropped",
    {
      swap: `(if ${LIE} (then (call $drop_thing (local.get 1)))) (local.get 1)`,
    },
    (work, made, lie) => (work["swap"]?.(lie, made) as Thing).number(0),
    6,
    "abi",
  ),
  thing(
    "thing dropped while it is borrowed",
    {
      peek: `(if ${LIE} (then (call $drop_thing (local.get 1)))) (local.get 1)`,
    },
    (work, made, lie) => work["peek"]?.(lie, made),
    6,
    "abi",
  ),
];

export const HANDLES: readonly Hostile[] = [...ITEMS, ...ENDLESS, ...THINGS];

/** What the host gave away must have come back when all cells are gone. */
export function nothingIsLeft(): void {
  strictEqual(Item.living, 0);
}
