/**
 * What a command line needs: exact Deno permissions, and nothing else.
 *
 * Pure, and with hardly an import, so that a start stays fast. Reads just
 * enough of the arguments to know the data directory, the address and the named
 * files; whether they make sense is the command's business.
 */
import { dirname, isAbsolute, join } from "node:path";
import {
  permissionsFor,
  readAddress,
} from "../drivers/deno/block_nbd/address.ts";
import { LIBC_PATHS } from "../drivers/deno/vhost_user/libc.ts";
import { forgeArguments, forgeFiles } from "./launch_forge.ts";
import { VALUE_OPTIONS } from "./launch_options.ts";

export interface Surroundings {
  /** Folder of the program. */
  readonly root: string;
  /** Folder that paths of the command line are relative to. */
  readonly cwd: string;
  /** The text of a file, if it can be read. */
  readText(path: string): string | undefined;
  env(name: string): string | undefined;
  /** Paths of the folders of drivers in `root`, such as `memory/block`. */
  drivers(): ReadonlyArray<string>;
}

/** Variables that the program may read. */
const ENV_NAMES = [
  "KARYON_PASSPHRASE_FILE",
  "NO_COLOR",
] as const;

/** Where Deno makes temporary folders while TMPDIR reads as not set. */
const TEMPORARY = "/tmp";

export const DATA_DEFAULT = "./.karyon";
export const HOST_DEFAULT = "127.0.0.1";
export const PORT_DEFAULT = "8080";

interface Line {
  readonly command: string;
  readonly args: ReadonlyArray<string>;
  /** The last value of each option. */
  readonly options: ReadonlyMap<string, string>;
  /** Every value of `--allow`. */
  readonly allowed: ReadonlyArray<string>;
}

/** The command line, roughly; never refuses. */
export function readLine(argv: ReadonlyArray<string>): Line {
  const first = argv[0];
  const named = first !== undefined && !first.startsWith("-");
  const rest = named ? argv.slice(1) : argv;
  const args: string[] = [];
  const options = new Map<string, string>();
  const allowed: string[] = [];
  const set = (name: string, value: string) => {
    options.set(name, value);
    if (name === "allow") allowed.push(value);
  };
  let literal = false;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? "";
    if (literal || !word.startsWith("-") || word === "-") args.push(word);
    else if (word === "--") literal = true;
    else {
      const [, name = "", value] = /^--?([^=]+)(?:=(.*))?$/su.exec(word) ?? [];
      if (value !== undefined) set(name, value);
      else if (VALUE_OPTIONS.has(name)) set(name, rest[++at] ?? "");
    }
  }
  return { command: named ? first : "up", args, options, allowed };
}

/** Arguments of `deno`: permissions, the program, its arguments. */
export function launchArguments(
  argv: ReadonlyArray<string>,
  around: Surroundings,
): ReadonlyArray<string> {
  const line = readLine(argv);
  const path = (given: string) =>
    isAbsolute(given) ? given : join(around.cwd, given);
  if (line.command === "forge") {
    const [read, write] = forgeFiles(line.options);
    return forgeArguments(argv, around.root, {
      read: list([around.root, ...read.map(path)]),
      write: list(write.map(path)),
    });
  }
  const data = path(line.options.get("data") || DATA_DEFAULT);
  const files = namedFiles(line);
  const passphrase = around.env("KARYON_PASSPHRASE_FILE");
  const sealed = passphrase ? [path(passphrase)] : [];
  const devices = devicePermissions(around);
  const write = [data, ...files.write.map(path), ...devices.write];
  const read = [around.root, ...write, ...files.read.map(path), ...sealed];
  const own = address(line, data, around);
  const net = [...(own === undefined ? [] : [own]), ...devices.net];
  const more = line.command === "conform"
    ? conformPermissions(line, around)
    : devices.ffi.length === 0
    ? []
    : [`--allow-ffi=${list(devices.ffi)}`];
  return [
    "run",
    "--no-prompt",
    `--allow-read=${list(read)}`,
    `--allow-write=${list(write)}`,
    ...(net.length === 0 ? [] : [`--allow-net=${list(net)}`]),
    ...more,
    `--allow-env=${ENV_NAMES.join(",")}`,
    // Any other variable reads as if it were not set.
    "--ignore-env",
    join(around.root, "main.ts"),
    ...argv,
  ];
}

// A comma inside a path is written twice in Deno's lists.
function list(paths: ReadonlyArray<string>): string {
  return [...new Set(paths)].map((path) => path.replaceAll(",", ",,")).join(
    ",",
  );
}

interface Files {
  readonly read: ReadonlyArray<string>;
  readonly write: ReadonlyArray<string>;
}

/** Which files of the command line are read and written. */
function namedFiles({ command, args, options }: Line): Files {
  const out = options.get("out");
  const written = out === undefined || out === "" ? [] : [out];
  const [first, second] = args;
  const some = (...paths: ReadonlyArray<string | undefined>) =>
    paths.filter((path) => path !== undefined && path !== "" && path !== "-")
      .map(String);
  switch (command) {
    case "up": {
      const genesis = options.get("genesis");
      const file = genesis !== "none" && genesis !== "default";
      return { read: file ? some(genesis) : [], write: [] };
    }
    case "export":
      return { read: [], write: some(first) };
    case "content":
      return { read: [], write: written };
    case "import":
    case "offer":
    case "restore":
      return { read: some(first), write: [] };
    case "propose": {
      const proposed = proposal(args);
      return {
        read: some(...proposed.read, options.get("report")),
        write: out === undefined ? [`${proposed.cell}.proposal.json`] : written,
      };
    }
    case "sign":
      return {
        read: some(first),
        write: out === undefined ? some(first) : written,
      };
    case "submit":
      return { read: some(...args.slice(0, 4)), write: [] };
    case "keys": {
      const phrase = some(options.get("phrase"));
      return {
        read: [
          ...(first === "import" ? some(second) : []),
          ...(first === "restore" ? phrase : []),
        ],
        write: [...written, ...(first === "avatar" ? phrase : [])],
      };
    }
    case "replay":
      return { read: some(first, options.get("component")), write: [] };
    case "conform": {
      const driver = options.get("driver") ?? "";
      // A module's neighbours are imported; a known driver is in the program.
      const folder = /\.(ts|js|mjs)$/.test(driver) ? dirname(driver) : driver;
      return {
        read: some(
          folder,
          options.get("expectations"),
          options.get("check"),
        ),
        write: [
          TEMPORARY,
          ...some(
            options.get("junit"),
            options.get("html"),
            options.get("attest"),
          ),
          ...written,
        ],
      };
    }
    case "explain":
      return {
        read: some(options.get("check"), options.get("export")),
        write: [],
      };
    case "prove":
      return { read: [], write: written };
    case "verify":
      return { read: some(first), write: [] };
    case "avatar": {
      const file = first === "draw" ? [] : some(second);
      return {
        read: [...file, ...some(options.get("after"))],
        write: first === "sign" && out === undefined ? file : written,
      };
    }
    case "evidence":
      return { read: some(second), write: written };
    default:
      return { read: [], write: [] };
  }
}

const PERMISSION_KINDS = new Set(["net", "run", "sys", "ffi", "env"]);

/**
 * What the drivers under test need beside the temporary folder: what those of
 * the program list in their `driver.json`, and what the command line allows.
 */
function conformPermissions(
  { options, allowed }: Line,
  around: Surroundings,
): ReadonlyArray<string> {
  // `platform/device+medium`: the same driver on something else.
  const wanted = (options.get("driver") ?? "").replace(/\+.*$/s, "")
    .replaceAll("_", "-");
  const all = wanted === "" && allowed.length === 0;
  const flags = around.drivers().flatMap((folder) => {
    if (!all && folder.replaceAll("_", "-") !== wanted) return [];
    const path = join(around.root, "drivers", folder, "driver.json");
    return listed(around.readText(path));
  });
  const named = allowed.flatMap((text) => {
    const [, kind = "", what] = /^(\w+)(?:=(.+))?$/su.exec(text) ?? [];
    if (!PERMISSION_KINDS.has(kind) && !/^(read|write)$/.test(kind)) return [];
    return [what === undefined ? `--allow-${kind}` : `--allow-${kind}=${what}`];
  });
  return [...new Set([...flags, ...named])];
}

/** The permissions of a `driver.json` as flags; files are /tmp for everybody. */
function listed(text: string | undefined): ReadonlyArray<string> {
  if (text === undefined) return [];
  try {
    const { permissions } = JSON.parse(text);
    return Object.entries(permissions).flatMap(([kind, what]) =>
      PERMISSION_KINDS.has(kind) && Array.isArray(what) && what.length > 0
        ? [`--allow-${kind}=${list(what.map(String))}`]
        : []
    );
  } catch {
    return [];
  }
}

/** What the drivers of the system file reach: servers and sockets of block devices. */
function devicePermissions(
  { root, readText }: Surroundings,
): {
  readonly net: ReadonlyArray<string>;
  readonly write: ReadonlyArray<string>;
  readonly ffi: ReadonlyArray<string>;
} {
  const all = blockServers(readText(join(root, "system.json")) ?? "");
  const of = (list: unknown) => Array.isArray(list) ? list.map(String) : [];
  return {
    net: all.flatMap(({ net }) => of(net)),
    write: all.flatMap(({ write }) => of(write)),
    ffi: all.flatMap(({ ffi }) => of(ffi)),
  };
}

/** Whether the file makes sense is the node's business. */
function blockServers(
  text: string,
): ReadonlyArray<Deno.PermissionOptionsObject> {
  try {
    const entries: unknown[] = Object.values(JSON.parse(text).drivers);
    return entries.flatMap((entry) => {
      const { driver, config } = Object(entry);
      // The thread of the bus calls the C library, and may have no more than we.
      if (driver === "virtio/block") return [{ ffi: [...LIBC_PATHS] }];
      if (driver !== "deno/block-nbd") return [];
      const address = readAddress(String(config?.uri));
      return typeof address === "string" ? [] : [permissionsFor(address)];
    });
  } catch {
    return [];
  }
}

/** The files that `propose ACTION …` reads, and whom it is about. */
function proposal([first, second, third, fourth]: ReadonlyArray<string>): {
  readonly cell: string | undefined;
  readonly read: ReadonlyArray<string | undefined>;
} {
  switch (first) {
    case "swap":
      return { cell: second, read: [third, fourth] };
    case "load":
      return { cell: second, read: [third, fourth] };
    case "set-policy":
      return { cell: "policy", read: [second] };
    case "withdraw":
      return { cell: "withdraw", read: [] };
    case "unload":
    case "set-budget":
    case "grant":
    case "revoke":
      return { cell: second, read: [] };
    default:
      return { cell: first, read: [second, third] };
  }
}

/** The one address: to listen on for `up`, of the running node for the rest. */
function address(
  { command, options }: Line,
  data: string,
  around: Surroundings,
): string | undefined {
  if (command === "up") {
    const host = options.get("host") || HOST_DEFAULT;
    const port = options.get("port") || PORT_DEFAULT;
    const sound = /^\d{1,5}$/u.test(port) && Number(port) <= 65_535 &&
      /^[\w.:[\]-]+$/u.test(host);
    return sound ? `${bracketed(host)}:${port}` : undefined;
  }
  const text = around.readText(join(data, "node.json"));
  if (text === undefined) return undefined;
  try {
    const url = new URL(String(JSON.parse(text).url));
    return url.protocol === "http:"
      ? `${url.hostname}:${url.port || 80}`
      : undefined;
  } catch {
    return undefined;
  }
}

function bracketed(host: string): string {
  return host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
}
