/** Cells that lie or run wild where the host reaches into them: allocator, clean-up. */
import type { Hostile } from "./judge.ts";
import type { Import } from "./text.ts";

const PAGE = 65_536;
const BUMP = "(call $bump (local.get 2) (local.get 3))";
const ECHO = `(call $put (i32.const 64) (local.get 0) (local.get 1))
  (i32.const 64)`;
/** Length of the first text, as it lies in the memory. */
const COUNT = "(i32.load offset=4 (local.get 0))";

interface Wild {
  readonly uses?: readonly Import[];
  readonly end?: Hostile["end"];
}

/** An allocator that does something else once it was told to lie. */
function text(name: string, wrong: string, wild: Wild = {}): Hostile {
  return {
    name: `allocator that ${name}`,
    cell: {
      bodies: { echo: ECHO },
      uses: wild.uses ?? [],
      realloc: `(if (result i32) (global.get $lie)
        (then ${wrong}) (else ${BUMP}))`,
    },
    call: (work, lie) => {
      work["turn"]?.(lie);
      return work["echo"]?.("grüezi");
    },
    right: "grüezi",
    end: wild.end ?? "abi",
  };
}

/** The same, for arguments that need more than one place. */
function lists(name: string, wrong: string, end: Hostile["end"]): Hostile {
  return {
    ...text(name, wrong),
    cell: {
      bodies: { count: COUNT },
      realloc: `(if (result i32) (global.get $lie)
        (then ${wrong}) (else ${BUMP}))`,
    },
    call: (work, lie) => {
      work["turn"]?.(lie);
      return work["count"]?.(["four", "x"], [Uint32Array.of(1, 2)]);
    },
    right: 4,
    end,
  };
}

const ALLOCATORS: readonly Hostile[] = [
  text("gives the memory's end", `(i32.const ${PAGE})`),
  text("gives a place across the memory's end", `(i32.const ${PAGE - 1})`),
  text("gives address -1", "(i32.const -1)"),
  text("gives address 0", "(i32.const 0)", { end: { gives: "grüezi" } }),
  text("traps", "unreachable", { end: "trap" }),
  text("spins", "(call $spin) (i32.const 0)", { end: "stop" }),
  text("calls an import", "(call $ask (i32.const 1))", { uses: ["ask"] }),
  text(
    "calls an import that needs the allocator",
    "(call $say (i32.const 0) (i32.const 4) (i32.const 64)) (i32.const 64)",
    { uses: ["say"] },
  ),
  text(
    "grows the memory at each call",
    `(drop (memory.grow (i32.const 1)))
      (i32.sub (i32.mul (memory.size) (i32.const ${PAGE})) (i32.const 4096))`,
    { end: { gives: "grüezi" } },
  ),
  text(
    "grows the memory by nothing",
    `(drop (memory.grow (i32.const 0))) ${BUMP}`,
    { end: { gives: "grüezi" } },
  ),
  text(
    "grows the memory to its limit and gives what is behind",
    `(loop $more (br_if $more (i32.ne (memory.grow (i32.const 1))
      (i32.const -1)))) (i32.mul (memory.size) (i32.const ${PAGE}))`,
  ),
  lists(
    "gives an odd address for a list",
    `(i32.or ${BUMP} (i32.const 1))`,
    "abi",
  ),
  lists("gives the same place always", "(i32.const 4096)", { gives: 2 }),
];

/** What lies in the arguments of an import, told by the cell. */
function told(
  name: string,
  uses: Import,
  call: (lie: string) => string,
  honest: string,
  lie: string,
  right: unknown,
  end: Hostile["end"] = "abi",
  more = "",
): Hostile {
  const chosen =
    `(select (i32.const ${lie}) (i32.const ${honest}) (local.get 0))`;
  return {
    name,
    cell: { uses: [uses], bodies: { run: call(chosen) }, more },
    call: (work, lie) => work["run"]?.(lie),
    right,
    end,
  };
}

const say = (length: string) => (at: string) =>
  `(call $say ${at} (i32.const ${length}) (i32.const 64))
   (i32.load offset=4 (i32.const 64))`;
const back = (at: string) =>
  `(call $say (i32.const 128) (i32.const 2) ${at})
   (i32.load offset=4 (i32.const 64))`;
const HI = `(data (i32.const 128) "hi") (data (i32.const 256) "\\ff\\fe")`;

const ARGUMENTS: readonly Hostile[] = [
  told(
    "import given a text outside the memory",
    "say",
    say("2"),
    "128",
    `${PAGE - 1}`,
    3,
    "abi",
    HI,
  ),
  told(
    "import given a text that is not UTF-8",
    "say",
    say("2"),
    "128",
    "256",
    3,
    "abi",
    HI,
  ),
  told(
    "import given a surrogate",
    "name",
    (x) => `(call $name ${x})`,
    "65",
    "0xdfff",
    65,
  ),
  told(
    "import given a place for its answer across the memory's end",
    "say",
    back,
    "64",
    `${PAGE - 4}`,
    3,
    "abi",
    HI,
  ),
  told(
    "import given a place for its answer at an odd address",
    "say",
    back,
    "64",
    "66",
    3,
    "abi",
    HI,
  ),
  told(
    "import given arguments outside the memory",
    "sum",
    (x) => `(call $sum ${x})`,
    "1024",
    `${PAGE - 64}`,
    0,
  ),
  told(
    "import given arguments at an odd address",
    "sum",
    (x) => `(call $sum ${x})`,
    "1024",
    "1026",
    0,
  ),
  told(
    "import given a list of lists that wraps around",
    "total",
    (x) => `(call $total (i32.const 1024) ${x})`,
    "1",
    "0x20000001",
    0,
  ),
];

/** A function that behaves, and a clean-up that does not. */
function post(
  name: string,
  wrong: string,
  end: Hostile["end"],
  uses: readonly Import[] = [],
): Hostile {
  return {
    name: `clean-up that ${name}`,
    cell: {
      uses,
      bodies: { echo: ECHO },
      posts: { echo: `(if (global.get $lie) (then ${wrong}))` },
    },
    call: (work, lie) => {
      work["turn"]?.(lie);
      return work["echo"]?.("hi");
    },
    right: "hi",
    end,
  };
}

const CLEAN_UPS: readonly Hostile[] = [
  post("traps", "unreachable", "trap"),
  post("spins", "(call $spin)", "stop"),
  post("calls an import", "(drop (call $ask (i32.const 1)))", "abi", ["ask"]),
  post(
    "overwrites what it cleans up",
    "(memory.fill (i32.const 0) (i32.const 255) (i32.const 65536))",
    { gives: "hi" },
  ),
  post("grows the memory", "(drop (memory.grow (i32.const 1)))", {
    gives: "hi",
  }),
];

export const ALLOCATOR: readonly Hostile[] = [
  ...ALLOCATORS,
  ...ARGUMENTS,
  ...CLEAN_UPS,
];
