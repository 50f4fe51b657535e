/**
 * Runs the graph cell's crash and restart tests, unchanged, on real drivers:
 * `deno task test:graph-on [memory|file|nbd|virtio …] [--filter TEXT]`.
 *
 * An import map puts a device on the driver in the place of the one in memory.
 * NBD needs nbdkit, virtio qemu-storage-daemon; without it that one is left out,
 * and says so. Exit status: 0 all passed, 1 not, 2 wrong arguments.
 */
import { absent } from "../drivers/deno/block_nbd/testing/programs.ts";
import { LIBC_PATHS } from "../drivers/deno/vhost_user/libc.ts";
import { absent as noDaemon } from "../drivers/virtio/block/testing/daemon.ts";

const HELP =
  `Runs the graph cell's crash and restart tests on real block drivers.

usage: deno task test:graph-on [memory] [file] [nbd] [virtio] [--filter TEXT]

  memory, file, nbd, virtio   which drivers (default: all)
  --filter TEXT               only tests with this in their name
  --help                      this text
`;

const MEDIA = ["memory", "file", "nbd", "virtio"];
const TESTS = ["crash_test.ts", "store_test.ts", "model_test.ts"];
const root = new URL("../", import.meta.url);

/** The project's import map, with another device in the old one's place. */
function importMap(medium: string): string {
  const { imports } = JSON.parse(
    Deno.readTextFileSync(new URL("deno.json", root)),
  );
  const device = new URL("conformance/sim/block_device.ts", root).href;
  const other = new URL(`scripts/graph_on/on_${medium}.ts`, root).href;
  // A map of its own has to say about subpaths what deno.json may leave out.
  const subpaths = Object.fromEntries(
    Object.entries(imports).flatMap(([name, to]) =>
      typeof to === "string" && to.startsWith("npm:") && !name.endsWith("/")
        ? [[`${name}/`, `${to.replace(/^npm:/, "npm:/")}/`]]
        : []
    ),
  );
  return JSON.stringify({
    imports: { ...subpaths, ...imports, [device]: other },
    // Who stands in for it has to reach the one it stands in for.
    scopes: { [new URL("scripts/", root).href]: { [device]: device } },
  });
}

async function runOn(
  medium: string,
  filter: readonly string[],
): Promise<boolean> {
  const folder = Deno.makeTempDirSync({ prefix: "karyon-graph-on-" });
  try {
    Deno.writeTextFileSync(`${folder}/map.json`, importMap(medium));
    const { code } = await new Deno.Command("deno", {
      args: [
        "test",
        "--quiet",
        "--no-check",
        `--import-map=${folder}/map.json`,
        "--allow-read",
        "--allow-write=/tmp",
        "--allow-net=127.0.0.1",
        "--allow-run=nbdkit,qemu-storage-daemon",
        `--allow-ffi=${LIBC_PATHS.join(",")}`,
        "--ignore-env",
        ...filter,
        ...TESTS.map((file) => `cells/graph/${file}`),
      ],
      cwd: root,
      stdin: "null",
    }).output().then((output) => {
      const text = new TextDecoder().decode(output.stdout) +
        new TextDecoder().decode(output.stderr);
      console.log(text.trimEnd().split("\n").at(output.success ? -1 : 0) ?? "");
      if (!output.success) console.log(text);
      return output;
    });
    return code === 0;
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

export async function main(args: readonly string[]): Promise<number> {
  if (args.includes("--help")) {
    console.log(HELP);
    return 0;
  }
  const at = args.indexOf("--filter");
  const filter = at < 0 ? [] : args.slice(at, at + 2);
  const wanted = at < 0 ? args : args.toSpliced(at, 2);
  const unknown = wanted.find((one) => !MEDIA.includes(one));
  if (unknown !== undefined || (at >= 0 && filter.length < 2)) {
    console.error(`graph_on: what is ${unknown ?? "--filter"}?\n\n${HELP}`);
    return 2;
  }
  let good = true;
  for (const medium of wanted.length === 0 ? MEDIA : wanted) {
    const why = medium === "nbd"
      ? await absent("nbdkit")
      : medium === "virtio"
      ? await noDaemon()
      : undefined;
    if (why !== undefined) {
      console.log(`${medium}: left out, ${why}`);
      continue;
    }
    console.log(`${medium}:`);
    good = await runOn(medium, filter) && good;
  }
  return good ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
