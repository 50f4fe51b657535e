/**
 * Checks that imports run one way.
 *
 *   deno task imports          deno run --allow-read=. scripts/check_imports.ts
 *
 * Builds the module graph by a scan (module_graph.ts) and holds the layering of
 * ARCHITECTURE.md: wit <- kernel <- hal <- drivers; cells meet only through
 * wit; nobody but main.ts and node/ wires; nobody imports scripts/. Also that
 * no file of the kernel names a cell. One line per fault; ends with 1 if there
 * is any. Each rule has a negative in the test.
 */
import { houseFiles, report, ROOT, type SourceFile } from "./house_files.ts";
import { type Import, imports } from "./module_graph.ts";

interface Layer {
  /** Folders (or files) that it may import beside itself. */
  readonly may: readonly string[];
  /** What its tests may import on top. */
  readonly tests?: readonly string[];
  /** Packages that it may import; undefined: any. */
  readonly packages?: readonly string[];
}

const JCO = "@bytecodealliance/jco-transpile";
const TRUST = ["@noble/hashes", "@noble/curves", "@noble/post-quantum"];

const LAYERS: ReadonlyMap<string, Layer> = new Map<string, Layer>([
  ["wit", { may: [], tests: ["cells/sdk", "scripts"], packages: [JCO] }],
  ["kernel", {
    may: ["wit"],
    tests: ["conformance"],
    packages: ["effect", JCO, ...TRUST],
  }],
  ["hal", {
    // A driver that is a cell runs on the kernel's engine.
    may: ["wit", "kernel/engine", "kernel/host"],
    packages: ["effect"],
  }],
  ["drivers", {
    // What a driver's own cell is made of.
    may: ["wit", "hal", "cells/sdk"],
    tests: ["conformance"],
  }],
  ["cells", {
    may: [],
    tests: ["wit", "kernel", "hal", "conformance", "scripts"],
  }],
  ["conformance", { may: ["wit", "hal", "kernel"] }],
  ["node", {
    // The verifier of proofs runs anywhere; the cell is all in `assembly/`.
    may: [
      "wit",
      "kernel",
      "hal",
      "drivers",
      "conformance",
      "cells/graph/verify",
    ],
    tests: ["scripts", "main.ts"],
  }],
  ["main.ts", { may: ["wit", "kernel", "hal", "drivers", "node"] }],
  ["scripts", {
    may: [
      "wit",
      "kernel",
      "hal",
      "drivers",
      "node",
      "cells",
      "conformance",
      "main.ts",
    ],
  }],
]);

/** Tests, and what only they use. */
const TEST =
  /(_test|_bench|\/testing|\/test_\w+)\.ts$|\/(testing|model|hostile)\//;

/** One line per import that runs the wrong way. */
export function layering(files: readonly SourceFile[]): string[] {
  return imports(files).flatMap((edge) => {
    const why = edge.package ? packageFault(edge) : edgeFault(edge);
    return why === undefined ? [] : [`${edge.from}: ${why}`];
  });
}

function edgeFault({ from, to }: Import): string | undefined {
  const source = layerOf(from);
  const target = layerOf(to);
  const layer = LAYERS.get(source);
  if (layer === undefined) return `${source} has no place in the layering`;
  if (to.startsWith("..") || to === "") return `${to} is outside the project`;
  const inside = source === target ? withinFault(source, from, to) : undefined;
  if (source === target) return inside;
  const tests = TEST.test(from) ? layer.tests ?? [] : [];
  const may = [...layer.may, ...tests];
  if (may.some((folder) => to === folder || to.startsWith(`${folder}/`))) {
    return undefined;
  }
  return `imports ${to}; ${source} may import ${
    may.length === 0 ? "nothing" : may.join(", ")
  }`;
}

/** The rules inside one layer. */
function withinFault(
  layer: string,
  from: string,
  to: string,
): string | undefined {
  // A component driver is tested on a bus, which is a driver of its own.
  const isOnBus = /^drivers\/virtio\//.test(from) && TEST.test(from);
  const isLibrary = ofLibrary(from, to);
  if (
    layer === "drivers" && device(from) !== device(to) && !isOnBus && !isLibrary
  ) {
    return `imports another driver, ${to}; meet through hal`;
  }
  if (layer === "cells" && cell(from) !== cell(to) && cell(to) !== "sdk") {
    return `imports another cell, ${to}; meet through wit`;
  }
  const supervisor = "kernel/supervisor/";
  if (
    to.startsWith(supervisor) && !from.startsWith(supervisor) &&
    from.split("/").length > 2 && !TEST.test(from)
  ) {
    return `imports ${to}; only kernel/*.ts may reach the supervisor`;
  }
  return undefined;
}

function packageFault({ from, to }: Import): string | undefined {
  const layer = LAYERS.get(layerOf(from));
  const allowed = layer?.packages;
  if (allowed === undefined || TEST.test(from) || allowed.includes(to)) {
    return undefined;
  }
  if (to.startsWith("node:")) {
    return from.startsWith("kernel/host/")
      ? undefined
      : `imports ${to}; the platform is behind kernel/host`;
  }
  return `imports the package ${to}; ${layerOf(from)} may import ${
    allowed.join(", ")
  }`;
}

/** One line per place where the kernel names a cell. */
export function namedCells(files: readonly SourceFile[]): string[] {
  const cells = new Set(
    files.map(({ path }) => /^cells\/([^/]+)\/cell\.json$/.exec(path)?.[1])
      .filter((name) => name !== undefined),
  );
  return files.flatMap(({ path, text }) => {
    if (!/^kernel\/.*\.ts$/.test(path) || TEST.test(path)) return [];
    return text.split("\n").flatMap((line, index) =>
      [...line.matchAll(/["'`]([a-z][a-z0-9-]*)["'`]/g)]
        .filter((match) => cells.has(match[1] ?? ""))
        .map((match) =>
          `${path}:${index + 1}: names the cell ${
            match[1]
          }; take it from the manifest`
        )
    );
  });
}

function layerOf(path: string): string {
  return path.split("/", 1)[0] ?? "";
}

/** `drivers/<platform>/<device>`. */
function device(path: string): string {
  return path.split("/").slice(0, 3).join("/");
}

/** What the cells of one platform share: `drivers/<platform>/shared/assembly`. */
function ofLibrary(from: string, to: string): boolean {
  const [, platform] = /^drivers\/(\w+)\/\w+\/assembly\//.exec(from) ?? [];
  return platform !== undefined &&
    to.startsWith(`drivers/${platform}/shared/assembly/`);
}

function cell(path: string): string {
  return path.split("/")[1] ?? "";
}

if (import.meta.main) {
  const files = houseFiles(ROOT);
  report("imports", [...layering(files), ...namedCells(files)]);
}
