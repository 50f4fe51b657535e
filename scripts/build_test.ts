/**
 * The build and the cell template, in a tree of their own.
 *
 * Plan: a new cell builds and answers; an unchanged tree does nothing; each kind of input makes exactly its outputs again;
 * a broken cell stops nobody else and keeps what was built before; two builds at once are one; bad names are refused.
 */
import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import type { InterfaceBinding } from "../wit/abi/binding.ts";
import {
  instantiateCore,
  loadBinding,
  takeApart,
} from "../wit/testing/instance.ts";
import {
  build,
  type BuildEvent,
  type BuildOptions,
  type BuiltCell,
} from "./build_run.ts";
import { cellHash, readTree } from "./build_tree.ts";
import { BadName, makeCell } from "./new_cell.ts";

const TOOLS = decodeURIComponent(new URL("..", import.meta.url).pathname)
  .replace(/\/$/, "");

/** Builds a tree and tells what happened, as `cell:event` texts. */
async function run(root: string, more: Partial<BuildOptions> = {}) {
  const events: BuildEvent[] = [];
  const result = await build({
    root,
    tools: TOOLS,
    force: false,
    genOnly: false,
    draft: false,
    cell: undefined,
    report: (event) => events.push(event),
    ...more,
  });
  const told = events.map((event) =>
    event.kind === "contracts" ? "contracts" : `${event.cell}:${event.kind}`
  );
  return { ...result, told, events };
}

async function inTree(
  work: (root: string) => Promise<void>,
): Promise<void> {
  const root = await Deno.makeTempDir({ prefix: "karyon-build-" });
  try {
    await work(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

function edit(path: string, from: string, to: string): void {
  const text = Deno.readTextFileSync(path);
  ok(text.includes(from), `${path} has "${from}"`);
  Deno.writeTextFileSync(path, text.replace(from, to));
}

async function binding(
  root: string,
  file: string,
  constant: string,
): Promise<InterfaceBinding<Record<string, (...args: unknown[]) => unknown>>> {
  const text = Deno.readTextFileSync(`${root}/wit/gen/${file}.ts`);
  return await loadBinding(text, constant);
}

/** Starts a built cell of the template and gives its contract. */
async function started(root: string, name: string) {
  const component = await Deno.readFile(`${root}/build/cells/${name}.wasm`);
  const log = await binding(root, "kernel_log", "log");
  const lifecycle = await binding(root, "kernel_lifecycle", "lifecycle");
  const tally = await binding(root, `${name}_tally`, "tally");
  const core = instantiateCore(await takeApart(component), (core) => ({
    [log.name]: log.lower(core, {
      write: () => {},
    }) as WebAssembly.ModuleImports,
  }));
  const { start } = lifecycle.bind(core);
  deepStrictEqual(start?.([], undefined), { tag: "ok" });
  return tally.bind(core);
}

Deno.test("a new cell builds, answers, and is built again only when it changed", () =>
  inTree(async (root) => {
    makeCell(root, "abacus");
    const first = await run(root);
    deepStrictEqual(first.told, [
      "contracts",
      "abacus:generated",
      "abacus:cell",
    ]);
    const { add, total } = await started(root, "abacus");
    deepStrictEqual(add?.(7n), { tag: "ok", val: 7n });
    strictEqual(total?.(), 7n);

    const described = JSON.parse(
      Deno.readTextFileSync(`${root}/build/cells/abacus.json`),
    ) as BuiltCell;
    match(described.hash, /^[0-9a-f]{64}$/);
    deepStrictEqual(
      [described.name, described.version, described.world],
      ["abacus", "0.1.0", "abacus"],
    );
    deepStrictEqual(described.exports, [
      "karyon:kernel/lifecycle@0.1.0",
      "karyon:abacus/tally@0.1.0",
    ]);

    const again = await run(root);
    deepStrictEqual([again.told, again.unchanged], [[], ["abacus"]]);

    const state = `${root}/cells/abacus/assembly/state.ts`;
    edit(state, "1_000_000_000_000", "8");
    deepStrictEqual((await run(root)).told, ["abacus:cell"]);
    const small = await started(root, "abacus");
    deepStrictEqual(small["add"]?.(9n), {
      tag: "err",
      val: { tag: "over", val: 8n },
    });
  }));

Deno.test("a broken cell names its fault and stops nobody else", () =>
  inTree(async (root) => {
    makeCell(root, "good");
    makeCell(root, "bad");
    makeCell(root, "worse");
    const place = `${root}/cells/bad/assembly/tally.ts`;
    edit(place, "return sum();", "return missing();");
    edit(`${root}/cells/worse/cell.json`, '"0.1.0"', '"one"');
    const { told, failed, built, events } = await run(root);
    deepStrictEqual([failed, built], [["worse", "bad"], ["good"]]);
    ok(told.includes("bad:generated"), "its sources are generated");
    const why = (cell: string) =>
      events.flatMap((event) =>
        event.kind === "failed" && event.cell === cell ? [event.why] : []
      ).join();
    match(why("bad"), /missing.*\n[^]*cells\/bad\/assembly\/tally\.ts\(\d+/);
    match(why("worse"), /cells\/worse\/cell\.json: "version"/);
    throws(() => Deno.statSync(`${root}/build/cells/bad.wasm`));
  }));

Deno.test("a changed contract makes bindings and cells again", () =>
  inTree(async (root) => {
    makeCell(root, "abacus");
    deepStrictEqual((await run(root, { genOnly: true })).told, [
      "contracts",
      "abacus:generated",
    ]);
    edit(
      `${root}/wit/cells/abacus/abacus.wit`,
      "total: func() -> u64;",
      "total: func() -> u32;",
    );
    const { told, failed, events } = await run(root, { genOnly: true });
    deepStrictEqual(told, ["contracts", "abacus:generated"]);
    deepStrictEqual(failed, []);
    const entry = Deno.readTextFileSync(
      `${root}/cells/abacus/assembly/gen/entry.ts`,
    );
    ok(entry.includes("tally@0.1.0#total"));
    edit(`${root}/wit/cells/abacus/abacus.wit`, "u32;", "u33;");
    const broken = run(root, { genOnly: true });
    await broken.then(
      () => ok(false, "a wrong contract was taken"),
      (error: Error) =>
        match(
          error.message,
          /wit\/cells\/abacus\/abacus\.wit:\d+: name `u33`/,
        ),
    );
    strictEqual(events.length, 2);
    edit(`${root}/wit/cells/abacus/abacus.wit`, "u33;", "u32");
    await run(root, { genOnly: true }).then(
      () => ok(false, "a wrong contract was taken"),
      (error: Error) => match(error.message, /abacus\.wit: expected/),
    );
  }));

Deno.test("two builds at once are one", () =>
  inTree(async (root) => {
    makeCell(root, "abacus");
    const [one, two] = await Promise.all([run(root), run(root)]);
    strictEqual(one.built.length + two.built.length, 1);
  }));

Deno.test("names that cannot be a cell's are refused and leave nothing", () =>
  inTree((root) => {
    for (
      const name of [
        "",
        "Abacus",
        "a b",
        "../abacus",
        "-a",
        "a-",
        "a--b",
        "1a",
        "a-1",
        "sdk",
        "list",
        "ä",
        "a".repeat(33),
      ]
    ) throws(() => makeCell(root, name), BadName, `"${name}"`);
    deepStrictEqual([...Deno.readDirSync(root)], []);
    makeCell(root, "abacus");
    throws(() => makeCell(root, "abacus"), /cells\/abacus exists already/);
    return Promise.resolve();
  }));

Deno.test("an unknown cell is refused with the names there are", () =>
  inTree(async (root) => {
    makeCell(root, "abacus");
    await run(root, { cell: "other" }).then(
      () => ok(false),
      (error: Error) => match(error.message, /no cell "other".*abacus/),
    );
  }));

Deno.test("a library is generated, never compiled, and part of the drivers beside it", () =>
  inTree(async (root) => {
    const put = (device: string, more: object) => {
      const folder = `${root}/drivers/bus/${device}`;
      Deno.mkdirSync(`${folder}/assembly`, { recursive: true });
      const about = { name: `bus-${device}`, version: "0.1.0", world: "w" };
      Deno.writeTextFileSync(
        `${folder}/cell.json`,
        JSON.stringify({ ...about, ...more }),
      );
      Deno.writeTextFileSync(
        `${folder}/world.wit`,
        "package karyon:library@0.1.0;\n\nworld w {\n    import karyon:hal/irq@0.1.0;\n}\n",
      );
      Deno.writeTextFileSync(`${folder}/assembly/a.ts`, "let a = 1;\n");
    };
    put("disk", {});
    put("shared", { library: true });
    const hashes = () => {
      const tree = readTree(root, TOOLS);
      return tree.cells.map((cell) => cellHash(tree, cell));
    };
    const [disk, library] = hashes();
    edit(`${root}/drivers/bus/disk/assembly/a.ts`, "1", "2");
    const [changed, same] = hashes();
    ok(changed !== disk);
    strictEqual(same, library);
    edit(`${root}/drivers/bus/shared/assembly/a.ts`, "1", "3");
    ok(hashes()[0] !== changed, "the driver has the library's sources");

    const { told, unchanged } = await run(root, { cell: "bus-shared" });
    deepStrictEqual(told, ["contracts", "bus-shared:generated"]);
    deepStrictEqual(unchanged, []);
    ok(Deno.statSync(`${root}/drivers/bus/shared/assembly/gen/irq.ts`).isFile);
  }));
