import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Result } from "effect";
import { SYSTEM_FILE_OCTETS_MAX } from "../limits.ts";
import { type Offer, readSystem } from "./system_file.ts";

const offer: Offer = {
  kernel: new Set(["karyon:kernel/log@0.1.0"]),
  drivers: new Map([
    ["deno/block-file", new Set(["karyon:hal/block@0.1.0"])],
  ]),
};

const READS = "karyon:graph/reads@0.1.0";
const BLOCK = "karyon:hal/block@0.1.0";

interface File {
  [key: string]: unknown;
  cells: Record<string, Record<string, unknown>>;
  drivers: Record<string, Record<string, unknown>>;
}

function file(): File {
  return {
    format: 1,
    network: "local",
    drivers: { disk: { driver: "deno/block-file" } },
    cells: {
      rank: {
        component: "rank.wasm",
        class: "soft",
        budget_ms: 4,
        grants: { [READS]: "cell:graph" },
      },
      graph: {
        component: "graph.wasm",
        class: "soft",
        budget_ms: 3,
        grants: {
          [BLOCK]: "driver:disk",
          "karyon:kernel/log@0.1.0": "kernel",
        },
      },
    },
  };
}

function faultsOf(text: string): ReadonlyArray<string> {
  const read = readSystem("system.json", text, offer);
  return Result.isFailure(read) ? read.failure.faults : [];
}

const withChange = (change: (file: File) => void): string => {
  const changed = file();
  change(changed);
  return JSON.stringify(changed, null, 2);
};

Deno.test("control: a good file is read, called cells start first", () => {
  const read = readSystem("system.json", withChange(() => {}), offer);
  ok(Result.isSuccess(read));
  deepStrictEqual([...read.success.cells.keys()], ["graph", "rank"]);
  strictEqual(read.success.cells.get("rank")?.callMs, 1_000);
});

const cell = (file: File, name: string): Record<string, unknown> =>
  file.cells[name] ?? {};

const NEGATIVES: ReadonlyArray<
  readonly [string, (file: File) => void, RegExp]
> = [
  ["unknown format", (f) => f.format = 2, /2:13: format: /],
  ["unknown key", (f) => f.more = 1, /: more: /],
  [
    "unknown key of a cell",
    (f) => cell(f, "rank").budget = 1,
    /rank\.budget: /,
  ],
  [
    "a setting's key that is a number",
    (f) => cell(f, "rank").config = { "10": "x" },
    /cells\.rank\.config/,
  ],
  [
    "budget of another type",
    (f) => cell(f, "rank").budget_ms = "4",
    /cells\.rank\.budget_ms: /,
  ],
  [
    "budget over the epoch",
    (f) => cell(f, "rank").budget_ms = 11,
    /cells\.rank\.budget_ms: /,
  ],
  [
    "budgets that do not fit together",
    (f) => cell(f, "rank").budget_ms = 8,
    /rank 8 \+ graph 3 = 11 ms in an epoch of 10 ms; take off 1 ms/,
  ],
  [
    "grant of an absent cell",
    (f) => cell(f, "rank").grants = { [READS]: "cell:grph" },
    /grants\.karyon:graph\/reads@0\.1\.0: no cell grph/,
  ],
  [
    "grant of an absent driver",
    (f) => cell(f, "graph").grants = { [BLOCK]: "driver:dsk" },
    /no driver dsk/,
  ],
  [
    "contract that the driver lacks",
    (f) => cell(f, "graph").grants = { [READS]: "driver:disk" },
    /deno\/block-file has no karyon:graph\/reads/,
  ],
  [
    "contract that the kernel lacks",
    (f) => cell(f, "graph").grants = { [READS]: "kernel" },
    /the kernel has no karyon:graph\/reads/,
  ],
  [
    "grant to itself",
    (f) => cell(f, "graph").grants = { [READS]: "cell:graph" },
    /granted to itself/,
  ],
  [
    "cells in a circle",
    (f) => cell(f, "graph").grants = { [READS]: "cell:rank" },
    /in a circle: rank -> graph -> rank/,
  ],
  [
    "one device for two cells",
    (f) => cell(f, "rank").grants = { [BLOCK]: "driver:disk" },
    /state has one owner/,
  ],
  [
    "unknown driver",
    (f) => f.drivers = { disk: { driver: "deno/tape" } },
    /no driver deno\/tape here; there is deno\/block-file/,
  ],
  [
    "bad cell name",
    (f) => f.cells["../x"] = cell(f, "rank"),
    /a name has at most/,
  ],
  [
    "contract without a version",
    (f) => cell(f, "rank").grants = { "karyon:graph/reads": "cell:graph" },
    /a contract is written like/,
  ],
];

for (const [wrongness, change, expected] of NEGATIVES) {
  Deno.test(`refuses: ${wrongness}`, () => {
    const faults = faultsOf(withChange(change));
    ok(faults.length > 0, "no fault was reported");
    match(faults.join("\n"), expected);
    for (const fault of faults) match(fault, /^system\.json:\d+:\d+: /);
  });
}

Deno.test("a file is bounded by its octets, not by its letters", () => {
  const text = withChange((f) =>
    f.$comment = "中".repeat(SYSTEM_FILE_OCTETS_MAX / 2)
  );
  match(faultsOf(text).join(), /longer than 1048576 octets/);
});

Deno.test("settings reach the cell in the file's order", () => {
  const config = { zeta: "1", alpha: "2", mid: "3" };
  const text = withChange((f) => cell(f, "rank").config = config);
  const read = readSystem("system.json", text, offer);
  ok(Result.isSuccess(read));
  deepStrictEqual(
    read.success.cells.get("rank")?.config,
    Object.entries(config),
  );
});

Deno.test("every fault of a file is reported at once", () => {
  const faults = faultsOf(withChange((f) => {
    cell(f, "rank").budget_ms = -1;
    cell(f, "graph").class = "warm";
  }));
  strictEqual(faults.length, 2);
});

Deno.test("each of many thousand faults has its own place", () => {
  const count = 20_000;
  const lines = Array.from({ length: count }, (_, at) => `  "k${at}": 1`);
  const faults = faultsOf(`{\n${lines.join(",\n")}\n}`);
  const places = faults.filter((fault) => /: k\d+: /.test(fault));
  strictEqual(places.length, count);
  match(places[0] ?? "", /^system\.json:2:9: k0: /);
  match(places.at(-1) ?? "", /^system\.json:20001:13: k19999: /);
});

const NOT_JSON: ReadonlyArray<readonly [string, string, RegExp]> = [
  ["nothing", "", /:1:1: JSON ends early/],
  ["a repeated key", '{"a":1,\n "a":2}', /:2:2: the key "a" stands here twice/],
  ["a trailing comma", '{"a":1,}', /:1:8: a key in quotes/],
  ["two documents", "{} {}", /:1:4: text after the end/],
  ["an open string", '{"a', /:1:2: the string is not closed/],
  ["a control character", '{"a\u0001b":1}', /:1:2: the string is not/],
  ["a line break in a string", '{"a\nb":1}', /:1:2: the string is not/],
  ["an unknown escape", '{"a":"\\x"}', /:1:6: the string is not closed or/],
  ["a half escape", '{"a":"\\u12"}', /:1:6: the string is not closed or/],
  ["deep nesting", "[".repeat(100), /nested deeper than 32/],
];

for (const [wrongness, text, expected] of NOT_JSON) {
  Deno.test(`refuses text that is not JSON: ${wrongness}`, () => {
    match(faultsOf(text).join("\n"), expected);
  });
}

const onHarts = (
  harts: number,
  ...changes: ReadonlyArray<readonly [string, Record<string, unknown>]>
) =>
  withChange((file) => {
    file["harts"] = harts;
    for (const [name, change] of changes) {
      file.cells[name] = {
        ...file.cells["rank"],
        ...file.cells[name],
        ...change,
      };
    }
  });

function placesOf(text: string): Record<string, number> {
  const read = readSystem("system.json", text, offer);
  ok(Result.isSuccess(read), faultsOf(text).join());
  return Object.fromEntries(
    [...read.success.cells.values()].map(({ name, hart = 0 }) => [name, hart]),
  );
}

Deno.test("a cell runs where its entry says, else where most room is left", () => {
  deepStrictEqual(placesOf(withChange(() => {})), { graph: 0, rank: 0 });
  deepStrictEqual(placesOf(onHarts(0)), { graph: 0, rank: 0 });
  deepStrictEqual(placesOf(onHarts(1)), { graph: 0, rank: 1 });
  deepStrictEqual(placesOf(onHarts(1, ["rank", { hart: 0 }])), {
    graph: 0,
    rank: 0,
  });
  // The largest first; whose driver is on the first hart stays with it.
  deepStrictEqual(
    placesOf(onHarts(
      2,
      ["a", { budget_ms: 1, grants: {} }],
      ["b", { budget_ms: 9, grants: {} }],
      ["c", { budget_ms: 4, grants: {} }],
    )),
    { graph: 0, rank: 2, a: 2, b: 1, c: 0 },
  );
  // A hard cell is where those are whom it calls.
  deepStrictEqual(
    placesOf(onHarts(1, ["rank", { class: "hard" }], ["free", {
      class: "hard",
      grants: {},
    }])),
    { graph: 0, rank: 0, free: 1 },
  );
});

Deno.test("each hart is admitted by itself, with its arithmetic", () => {
  const crowded = onHarts(1, ["rank", { hart: 0, budget_ms: 8 }]);
  deepStrictEqual(faultsOf(crowded).map((line) => line.replace(/^\S+ /, "")), [
    "cells: hart 0: budgets do not fit: rank 8 + graph 3 = 11 ms in an epoch of 10 ms; take off 1 ms; lower budget_ms of a cell, or leave one out",
  ]);
  // Together they would not fit one hart.
  deepStrictEqual(placesOf(onHarts(1, ["rank", { budget_ms: 8 }])), {
    graph: 0,
    rank: 1,
  });
});

Deno.test("a placement that cannot be is refused with its reason", () => {
  const reasons: ReadonlyArray<readonly [string, RegExp]> = [
    [
      onHarts(1, ["graph", { hart: 1 }]),
      /cells\.graph\.hart: graph is granted driver:disk, and drivers answer on hart 0 only/,
    ],
    [
      onHarts(1, ["rank", { hart: 2 }]),
      /cells\.rank\.hart: there is no hart 2: "harts" 1 makes harts 0 to 1/,
    ],
    [
      withChange((file) => cell(file, "rank").hart = 1),
      /cells\.rank\.hart: there is no hart 1: "harts" 0 makes harts 0 to 0/,
    ],
    [
      onHarts(1, ["rank", { hart: 1, class: "hard" }]),
      /a hard cell may not call across harts.*: rank on hart 1 reaches graph on hart 0/,
    ],
    [
      // Not itself, but through whom it calls.
      onHarts(
        1,
        ["rank", { hart: 1 }],
        ["top", { hart: 1, class: "hard", grants: { [READS]: "cell:rank" } }],
      ),
      /cells\.top\.hart: .*top on hart 1 reaches graph on hart 0/,
    ],
    [onHarts(8), /harts: /],
    [onHarts(1, ["rank", { hart: -1 }]), /cells\.rank\.hart: /],
    [onHarts(1, ["rank", { hart: "1" }]), /cells\.rank\.hart: /],
  ];
  for (const [text, reason] of reasons) match(faultsOf(text).join(), reason);
});

const withSnapshots = (snapshots: unknown) =>
  withChange((file) => {
    (file as Record<string, unknown>)["snapshots"] = snapshots;
  });

Deno.test("snapshots: who writes and who reads is in the file", () => {
  const spec = { mib: 4, writer: "rank", readers: ["graph"] };
  const read = readSystem("system.json", withSnapshots({ a: spec }), offer);
  ok(Result.isSuccess(read));
  deepStrictEqual(read.success.snapshots, new Map([["a", spec]]));
  const wrong = (change: Record<string, unknown>, name = "a") =>
    faultsOf(withSnapshots({ [name]: { ...spec, ...change } })).join();
  match(wrong({ writer: "nobody" }), /a\.writer: no cell nobody in this file/);
  match(wrong({ readers: ["nobody"] }), /a\.readers: no cell nobody/);
  match(wrong({ readers: ["rank"] }), /a\.readers: a cell is named twice/);
  match(wrong({ readers: [] }), /snapshots\.a\.readers/);
  match(wrong({ mib: 65 }), /snapshots\.a\.mib/);
  match(wrong({ mib: 0 }), /snapshots\.a\.mib/);
  match(wrong({}, "A"), /snapshots\.A: a name has at most 32/);
});

Deno.test("contents: how long a kind is kept, and what is not said", () => {
  const read = (contents: unknown, kinds?: Set<string>) => {
    const good = { ...file(), contents };
    const text = JSON.stringify(good);
    return readSystem("system.json", text, kinds ? { ...offer, kinds } : offer);
  };
  const kinds = new Set(["text", "other"]);
  const told = read({ text: { ttl: 0 }, other: { ttl: 5, ttl_max: 5 } }, kinds);
  ok(Result.isSuccess(told));
  deepStrictEqual(
    told.success.contents,
    new Map([
      ["text", { ttl: 0, ttlMax: undefined }],
      ["other", { ttl: 5, ttlMax: 5 }],
    ]),
  );
  const silent = readSystem("system.json", JSON.stringify(file()), offer);
  ok(Result.isSuccess(silent));
  strictEqual(silent.success.contents, undefined);
  const unknown = read({ text: { ttl: 0 } });
  ok(Result.isFailure(unknown));
  match(unknown.failure.message, /no kind of content text here; .* none/);
});
