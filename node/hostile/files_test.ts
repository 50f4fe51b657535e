/**
 * Everything else in a data directory, and the system file: what is damaged is
 * refused by name with what to do, and the directory can be taken again. What is
 * only a cache is made anew.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import type { Refusal } from "../api.ts";
import { builtComponent, relabelled } from "../testing/components.ts";
import { openTestNode } from "../testing/node.ts";
import { governor, signedSwap } from "../testing/proposals.ts";
import { copyFolder, inFolder, systemFile, type SystemText } from "./room.ts";

const GARBAGE = new Uint8Array([0xff, 0xfe, 0, 1, 2, 3]);

/** The refusal of an opening, checked for being one that helps. */
async function notOpened(
  name: string,
  options: { readonly dataDir: string; readonly systemFile?: string },
): Promise<Refusal> {
  const refusal = await openTestNode(options).then(
    async (test) => {
      await test.close();
      throw new Error(`${name}: it was opened`);
    },
    (error: Refusal) => error,
  );
  strictEqual(refusal._tag, "Refusal", `${name}: ${refusal}`);
  ok(refusal.fix !== undefined && refusal.fix !== "", `${name}: no fix`);
  return refusal;
}

function isFree(dataDir: string): boolean {
  using lock = Deno.openSync(`${dataDir}/lock`, { read: true });
  return lock.tryLockSync(true);
}

function only(folder: string): string {
  const [first] = [...Deno.readDirSync(folder)];
  return `${folder}/${first?.name}`;
}

function edit(path: string, change: (octets: Uint8Array) => Uint8Array): void {
  Deno.writeFileSync(path, change(Deno.readFileSync(path)));
}

function flip(octets: Uint8Array, at: number): Uint8Array {
  octets[at] = (octets[at] ?? 0) ^ 1;
  return octets;
}

/** A folder in the place of a file. */
function blocked(path: string): void {
  Deno.removeSync(path);
  Deno.mkdirSync(path);
}

function deeper(depth: number): string {
  return '{"a":'.repeat(depth);
}

/** Name, what is done to the directory, and what the refusal tells. */
type Row = readonly [string, (data: string) => void, RegExp];

const REFUSED: readonly Row[] = [
  [
    "a key of garbage",
    (d) => Deno.writeFileSync(`${d}/keys/identity.key`, GARBAGE),
    /identity\.key: not a key file/,
  ],
  [
    "a key cut short",
    (d) => Deno.truncateSync(`${d}/keys/identity.key`, 1_000),
    /identity\.key: not a key file/,
  ],
  [
    "a key of 2 GiB",
    (d) => Deno.truncateSync(`${d}/keys/identity.key`, 2 ** 31),
    /identity\.key: it has 2147483648 octets/,
  ],
  [
    "a key that others may read",
    (d) => Deno.chmodSync(`${d}/keys/identity.key`, 0o644),
    /others than its owner may read/,
  ],
  [
    "a file instead of the keys",
    (d) => {
      Deno.removeSync(`${d}/keys`, { recursive: true });
      Deno.writeTextFileSync(`${d}/keys`, "");
    },
    /making .*keys: File exists/,
  ],
  [
    "a policy of garbage",
    (d) => Deno.writeFileSync(`${d}/policy.json`, GARBAGE),
    /policy\.json: the policy cannot be used/,
  ],
  [
    "a policy nested deeply",
    (d) => Deno.writeTextFileSync(`${d}/policy.json`, deeper(100_000)),
    /policy\.json: the policy cannot be used/,
  ],
  [
    "a policy that nobody can meet",
    (d) =>
      edit(`${d}/policy.json`, (octets) =>
        new TextEncoder().encode(
          new TextDecoder().decode(octets).replace(
            /"threshold": *1/,
            '"threshold":99',
          ),
        )),
    /threshold 99 of 1 governors/,
  ],
  [
    "a folder instead of the policy",
    (d) => blocked(`${d}/policy.json`),
    /policy\.json: it is not a file/,
  ],
  [
    "a proposal of garbage",
    (d) => Deno.writeFileSync(only(`${d}/proposals`), GARBAGE),
    /reading a stored proposal/,
  ],
  [
    "a proposal cut short",
    (d) => Deno.truncateSync(only(`${d}/proposals`), 500),
    /reading a stored proposal/,
  ],
  [
    "an audit log with another octet",
    (d) => edit(`${d}/audit.log`, (octets) => flip(octets, 200)),
    /audit log is broken at octet 133, record 1/,
  ],
  [
    "a folder instead of the audit log",
    (d) => blocked(`${d}/audit.log`),
    /audit\.log/,
  ],
  [
    "a folder instead of the store",
    (d) => blocked(`${d}/store.block`),
    /store\.block is not a regular file/,
  ],
  [
    "a file instead of the cache",
    (d) => {
      Deno.removeSync(`${d}/cache`, { recursive: true });
      Deno.writeTextFileSync(`${d}/cache`, "x");
    },
    /cannot be used: File exists/,
  ],
  [
    "a folder instead of node.json",
    (d) => {
      Deno.mkdirSync(`${d}/node.json`);
      Deno.writeTextFileSync(`${d}/node.json/x`, "x");
    },
    /cannot be used/,
  ],
];

const DAMAGED_CACHES: ReadonlyArray<
  readonly [string, (octets: Uint8Array) => Uint8Array]
> = [
  ["garbage", () => GARBAGE],
  ["empty", () => new Uint8Array(0)],
  ["half", (octets) => octets.slice(0, octets.length >> 1)],
  ["flipped", (octets) => flip(octets, octets.length >> 1)],
  ["an octet more", (octets) => new Uint8Array([...octets, 0])],
];

/** A directory with one link, and rank swapped once. */
async function makeBase(dataDir: string): Promise<void> {
  const test = await openTestNode({ dataDir });
  const component = relabelled(builtComponent("rank"), "hostile");
  const key = await governor(dataDir, "identity");
  const text = await signedSwap(test.node.network, "rank", component, [key]);
  await Effect.runPromise(test.node.api.propose(text, component));
  await Effect.runPromise(
    test.node.api.link([{ from: { text: "a" }, to: { text: "b" } }]),
  );
  await test.close();
}

Deno.test("hostile: damaged files of a data directory", () =>
  inFolder(async (folder) => {
    await makeBase(`${folder}/base`);
    let turn = 0;
    const damaged = (change: (data: string) => void) => {
      const dataDir = `${folder}/damaged-${turn += 1}`;
      copyFolder(`${folder}/base`, dataDir);
      change(dataDir);
      return dataDir;
    };
    for (const [name, change, tells] of REFUSED) {
      const dataDir = damaged(change);
      const { message } = await notOpened(name, { dataDir });
      match(message, tells, name);
      ok(isFree(dataDir), `${name}: the lock is still held`);
    }
    for (const [name, change] of DAMAGED_CACHES) {
      const dataDir = damaged((data) => {
        for (const entry of Deno.readDirSync(`${data}/cache`)) {
          edit(`${data}/cache/${entry.name}`, change);
        }
      });
      const test = await openTestNode({ dataDir });
      const cells = await Effect.runPromise(test.node.api.cells());
      // The one that was swapped in is still on probation.
      const states = cells.map(({ state }) => state);
      deepStrictEqual(states, ["running", "probation", "running"], name);
      match(cells[1]?.version ?? "", /^swapped-/, name);
      await test.close();
    }
    // The component on probation is gone: the one before is back, and says why.
    const dataDir = damaged((data) =>
      Deno.removeSync(only(`${data}/components`))
    );
    const test = await openTestNode({ dataDir });
    const [, rank] = await Effect.runPromise(test.node.api.cells());
    strictEqual(rank?.state, "running");
    match(rank?.detail ?? "", /rolled back: .*not stored here/);
    await test.close();
  }));

/** Name, what is done to the file, and what each fault tells. */
type SystemRow = readonly [
  string,
  (system: SystemText) => void,
  readonly RegExp[],
];

const cell = (system: SystemText, name: string) => {
  const found = system.cells[name];
  if (found === undefined) throw new Error(`no cell ${name}`);
  return found;
};

const SYSTEMS: readonly SystemRow[] = [
  [
    "many faults at once",
    (system) => {
      system["extra"] = 1;
      cell(system, "graph")["budget_ms"] = "4";
      cell(system, "query")["class"] = "fast";
    },
    [/:\d+:\d+: extra/, /graph\.budget_ms/, /query\.class/],
  ],
  [
    "faults that only a node sees, at once",
    (system) => {
      cell(system, "graph").component = "../../../etc/passwd";
      cell(system, "query").component = "/etc/passwd.wasm";
      system.drivers["disk"] = {
        driver: "deno/block-file",
        config: { "file": "../store.block", "capacity-gib": "-1", "x": "1" },
      };
      system.network = "another";
    },
    [
      /system\.json:\d+:\d+: cells\.graph\.component/,
      /:\d+:\d+: cells\.query\.component/,
      /:\d+:\d+: drivers\.disk\.config\.file/,
      /:\d+:\d+: drivers\.disk\.config\.capacity-gib/,
      /:\d+:\d+: drivers\.disk\.config\.x: unknown/,
      /:\d+:\d+: cells\.graph\.config\.network/,
    ],
  ],
  [
    "the store in place of the policy",
    ({ drivers }) => {
      drivers["disk"] = {
        driver: "deno/block-file",
        config: { "file": "policy.json", "capacity-gib": "1" },
      };
    },
    [/drivers\.disk\.config\.file/],
  ],
  [
    "budgets that do not fit",
    (system) => {
      cell(system, "graph")["budget_ms"] = 9;
      cell(system, "rank")["budget_ms"] = 9;
    },
    [/graph 9 \+ rank 9 .* in an epoch of \d+ ms/],
  ],
  [
    "a component that was not built",
    (system) => {
      cell(system, "graph").component = "build/cells/none.wasm";
    },
    [/none\.wasm is not there/],
  ],
];

Deno.test("hostile: system files with faults", () =>
  inFolder(async (folder) => {
    for (const [name, change, tells] of SYSTEMS) {
      const dataDir = `${folder}/data`;
      const path = systemFile(folder, change);
      const { message } = await notOpened(name, { dataDir, systemFile: path });
      for (const fault of tells) match(message, fault, name);
      ok(isFree(dataDir), `${name}: the lock is still held`);
    }
    const path = `${folder}/system.json`;
    const texts: ReadonlyArray<readonly [string, string | Uint8Array, RegExp]> =
      [
        ["not JSON", "{", /system\.json:1:2/],
        ["nested deeply", deeper(100_000), /nested deeper/],
        ["not UTF-8", GARBAGE, /not UTF-8/],
        ["over the limit", " ".repeat(2 ** 20 + 1), /longer than/],
      ];
    for (const [name, text, tells] of texts) {
      if (typeof text === "string") Deno.writeTextFileSync(path, text);
      else Deno.writeFileSync(path, text);
      const options = { dataDir: `${folder}/data`, systemFile: path };
      const { message } = await notOpened(name, options);
      match(message, tells, name);
    }
    Deno.removeSync(path);
    const options = { dataDir: `${folder}/data`, systemFile: path };
    match((await notOpened("no file", options)).message, /No such file/);
  }));

Deno.test("hostile: what a killed node left is not believed", () =>
  inFolder(async (folder) => {
    const dataDir = `${folder}/data`;
    await (await openTestNode({ dataDir })).close();
    Deno.writeTextFileSync(`${dataDir}/node.json`, '{"token":"old"}');
    Deno.writeTextFileSync(`${dataDir}/node.json.0a1b2c3d.new`, "half");
    const test = await openTestNode({ dataDir });
    const names = [...Deno.readDirSync(dataDir)].map(({ name }) => name);
    ok(!names.some((name) => name.startsWith("node.json")), names.join());
    await test.close();
  }));

Deno.test("hostile: nothing in a data directory is for others", () =>
  inFolder(async (folder) => {
    await makeBase(`${folder}/data`);
    const walk = (path: string): void => {
      const { mode, isDirectory } = Deno.statSync(path);
      const wanted = isDirectory ? 0o700 : 0o600;
      strictEqual((mode ?? 0) & 0o777, wanted, path);
      if (!isDirectory) return;
      for (const { name } of Deno.readDirSync(path)) walk(`${path}/${name}`);
    };
    walk(`${folder}/data`);
    await Promise.resolve();
  }));
