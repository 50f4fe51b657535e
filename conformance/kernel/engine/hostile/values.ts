/** Cells that lie in what they give: numbers, cases, pointers, lengths, texts. */
import type { End, Hostile } from "./judge.ts";

const SMILE = 0x1f642;
const PAGE = 65_536;

/** A function whose result is one number. */
function scalar(
  name: string,
  of: string,
  lie: number,
  honest: number,
  right: unknown,
  end: Hostile["end"],
): Hostile {
  const call: Hostile["call"] = (work, lie) => work[of]?.(lie);
  const body =
    `(select (i32.const ${lie}) (i32.const ${honest}) (local.get 0))`;
  return { name, cell: { bodies: { [of]: body } }, call, right, end };
}

/** A function whose result lies in memory: words at 64, and where it says it is. */
function stored(
  name: string,
  of: string,
  honest: readonly number[],
  lie: readonly number[],
  right: unknown,
  end: Hostile["end"] = "abi",
  more: Hostile["cell"] & { readonly at?: number } = {},
): Hostile {
  const { at = 64, ...cell } = more;
  const words = honest.map((word, index) =>
    `(i32.store offset=${index * 4} (local.get $n)
      (select (i32.const ${lie[index] ?? word}) (i32.const ${word})
        (local.get 0)))`
  );
  const body = `(local.set $n
      (select (i32.const ${at}) (i32.const 64) (local.get 0)))
    ${
    at === 64 ? words.join("\n") : `(if (i32.eqz (local.get 0)) (then
      ${words.join("\n")}))`
  }
    (local.get $n)`;
  const call: Hostile["call"] = (work, lie) => work[of]?.(lie);
  return {
    name,
    cell: { ...cell, bodies: { [of]: body } },
    call,
    right,
    end,
  };
}

const data = (at: number, octets: string) => ({
  more: `(data (i32.const ${at}) "${octets}")`,
});

const NUMBERS: readonly Hostile[] = [
  scalar("bool that is 2", "truth", 2, 0, false, { gives: true }),
  scalar("bool that is -1", "truth", -1, 0, false, { gives: true }),
  scalar("u8 with bits above its own", "small", 0x1_ff, 3, 3, { gives: 255 }),
  scalar("char that is a surrogate", "letter", 0xd8_00, 0x41, "A", "abi"),
  scalar("char past Unicode", "letter", 0x11_0000, SMILE, "🙂", "abi"),
  scalar("char that is negative", "letter", -1, 0xd7_ff, "\ud7ff", "abi"),
  scalar("enum past its cases", "hue", 3, 2, "blue", "abi"),
  scalar("enum that is negative", "hue", -1, 0, "red", "abi"),
  scalar("flags with unknown bits", "signs", -2, 1, {
    first: true,
    second: false,
    third: false,
  }, { gives: { first: false, second: true, third: true } }),
];

const FLOATS: readonly Hostile[] = [
  {
    name: "f64 that is a signalling NaN",
    cell: {
      bodies: {
        real: `(select (f64.const nan:0x4000000000001) (f64.const 1.5)
          (local.get 0))`,
      },
    },
    call: (work, lie) => work["real"]?.(lie),
    right: 1.5,
    end: { gives: NaN },
  },
  {
    ...stored(
      "f32 that is a negative NaN in a list",
      "reals",
      [72, 1, 0x3fc0_0000],
      [72, 1, 0xffa0_0001],
      [1.5],
      { gives: [NaN] },
    ),
    // As numbers: which NaN arrives is not promised.
    call: (work, lie) => Array.from(work["reals"]?.(lie) as Float32Array),
  },
];

const CASES: readonly Hostile[] = [
  stored("bool that is 255 in a list", "truths", [72, 1, 0], [72, 1, 255], [
    false,
  ], { gives: [true] }),
  stored("char that is a surrogate in a list", "letters", [72, 1, 0x41], [
    72,
    1,
    0xdf_ff,
  ], ["A"]),
  stored("enum past its cases in a list", "hues", [72, 1, 2], [72, 1, 3], [
    "blue",
  ]),
  stored("variant past its cases", "form", [1, 77], [3], {
    tag: "line",
    val: 77,
  }),
  stored("option that is 2", "maybe", [1, 0, 5, 0], [2], 5n),
  stored("result that is 255", "outcome", [0, 9], [255], { tag: "ok", val: 9 }),
  stored("error text outside the memory", "outcome", [1, 76, 2, 0x6968], [
    1,
    PAGE - 1,
  ], { tag: "err", val: "hi" }),
];

const hi = data(128, "hi");

const PLACES: readonly Hostile[] = [
  stored(
    "result that lies at the memory's end",
    "text",
    [128, 2],
    [],
    "hi",
    "abi",
    {
      ...hi,
      at: PAGE,
    },
  ),
  stored(
    "result that lies across the memory's end",
    "text",
    [128, 2],
    [],
    "hi",
    "abi",
    {
      ...hi,
      at: PAGE - 4,
    },
  ),
  stored("result at address -1", "text", [128, 2], [], "hi", "abi", {
    ...hi,
    at: -1,
  }),
  stored("result at address -8", "text", [128, 2], [], "hi", "abi", {
    ...hi,
    at: -8,
  }),
  stored("result at an odd address", "pair", [0x0002_0001], [], [1, 2], "abi", {
    at: 65,
  }),
  stored(
    "record aligned to 4 where it needs 8",
    "spot",
    [7, 0, 128, 2],
    [],
    { x: 7n, name: "hi" },
    "abi",
    { ...hi, at: 68 },
  ),
  stored(
    "record that lies across the memory's end",
    "spot",
    [7, 0, 128, 2],
    [],
    { x: 7n, name: "hi" },
    "abi",
    { ...hi, at: PAGE - 8 },
  ),
];

const text = (name: string, lie: readonly number[], end?: End) =>
  stored(name, "text", [128, 2], lie, "hi", end ?? "abi", hi);

const octets = (name: string, wrong: string, length: number) =>
  stored(
    `text with ${name}`,
    "text",
    [128, 2],
    [256, length],
    "hi",
    "abi",
    { more: `(data (i32.const 128) "hi") (data (i32.const 256) "${wrong}")` },
  );

const TEXTS: readonly Hostile[] = [
  text("text that ends past the memory", [PAGE - 1, 2]),
  text("text as long as an address space", [128, -1]),
  text("text whose end wraps around", [-1, 2]),
  text("empty text outside the memory", [PAGE + 1, 0]),
  octets("a cut character", "\\c3", 1),
  octets("an octet that UTF-8 has not", "a\\ff", 2),
  octets("an overlong zero", "\\c0\\80", 2),
  octets("a surrogate in UTF-8", "\\ed\\a0\\80", 3),
  octets("a character past Unicode", "\\f4\\90\\80\\80", 4),
  octets(
    "a cut character behind a long beginning",
    "a".repeat(60) + "\\e2\\82",
    62,
  ),
  stored("text with a byte order mark", "text", [128, 2], [256, 4], "hi", {
    gives: "\ufeffa",
  }, {
    more: `(data (i32.const 128) "hi") (data (i32.const 256) "\\ef\\bb\\bfa")`,
  }),
];

/** Words at 1,024: as many lists as fit, each the whole memory. */
const GREEDY = `(local.set $n (i32.const 1024))
  (if (local.get 0) (then (loop $more
    (call $put (local.get $n) (i32.const 0) (i32.const ${PAGE}))
    (local.set $n (i32.add (local.get $n) (i32.const 8)))
    (br_if $more (i32.lt_u (local.get $n) (i32.const 60000))))))
  (call $put (i32.const 64) (i32.const 1024)
    (select (i32.const 7372) (i32.const 0) (local.get 0)))
  (i32.const 64)`;

const greedy = (name: string, of: string): Hostile => ({
  name,
  cell: { bodies: { [of]: GREEDY } },
  call: (work, lie) => work[of]?.(lie),
  right: [],
  end: "abi",
});

const LISTS: readonly Hostile[] = [
  stored(
    "list that ends past the memory",
    "octets",
    [128, 2],
    [PAGE - 1],
    new Uint8Array([104, 105]),
    "abi",
    hi,
  ),
  stored(
    "list as long as an address space",
    "octets",
    [128, 2],
    [0, -1],
    new Uint8Array([104, 105]),
    "abi",
    hi,
  ),
  stored("list whose octets wrap around to few", "texts", [72, 0], [
    72,
    0x2000_0001,
  ], []),
  stored("list of numbers whose octets wrap around", "table", [72, 1, 128, 0], [
    72,
    1,
    128,
    0x4000_0001,
  ], [
    new Uint32Array(),
  ]),
  stored("list of numbers at an odd address", "table", [72, 1, 128, 0], [
    72,
    1,
    130,
    1,
  ], [
    new Uint32Array(),
  ]),
  stored("list of lists at an odd address", "table", [72, 1, 128, 0], [74], [
    new Uint32Array(),
  ]),
  stored(
    "list that holds itself as its text",
    "texts",
    [72, 1, 128, 2],
    [72, 1, 72, 16],
    ["hi"],
    {
      gives: ["\u0048\0\0\0\u0010\0\0\0\0\0\0\0\0\0\0\0"],
    },
    hi,
  ),
  greedy("texts that are the whole memory 7,372 times", "texts"),
  greedy("lists that are the whole memory 7,372 times", "table"),
];

export const VALUES: readonly Hostile[] = [
  ...NUMBERS,
  ...FLOATS,
  ...CASES,
  ...PLACES,
  ...TEXTS,
  ...LISTS,
];
