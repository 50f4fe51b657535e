/**
 * A whole node whose store is a virtio disk behind qemu-storage-daemon, driven by a cell.
 *
 * What it acknowledged is there after node and daemon were killed in an import, and the
 * import goes on; without the daemon the node does not start, and says what to do. Where
 * the daemon is not installed its test is left out, and says so.
 */
import { match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { LIBC_PATHS } from "../drivers/deno/vhost_user/libc.ts";
import { absent, Daemon } from "../drivers/virtio/block/testing/daemon.ts";
import { driverComponent } from "../drivers/virtio/block/testing/rig.ts";
import { importInto } from "./testing/importing.ts";
import { writeLinks } from "./testing/links.ts";
import { openTestNode } from "./testing/node.ts";
import { systemFile } from "./testing/system_file.ts";

const DISK_OCTETS = 64 << 20;
const LINKS = 30_000;
const PARTICLES = 5_000;
/** Batches that are acknowledged before everything is killed. */
const ACKS = 2;
const COMPONENT = "build/cells/virtio-block.wasm";

const onSocket = (folder: string, socket: string, component = COMPONENT) => {
  const path = systemFile(folder, (file) => {
    file.drivers.disk = {
      driver: "virtio/block",
      config: { "vhost-user": socket, component },
    };
  });
  Deno.writeFileSync(`${folder}/${COMPONENT}`, driverComponent());
  return path;
};

async function refusalOf(opening: Promise<unknown>): Promise<string> {
  try {
    await opening;
  } catch (error) {
    const fix = error instanceof Error && "fix" in error ? error.fix : "";
    return `${error}; ${fix}`;
  }
  return "it opened";
}

async function inTemp(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "karyon-virtio-" });
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The height that a node of its own process acknowledged before it was killed. */
async function importUntilKilled(
  dataDir: string,
  file: string,
  system: string,
): Promise<number> {
  const child = new Deno.Command("deno", {
    args: [
      "run",
      "--quiet",
      "--unstable-worker-options",
      "--allow-read",
      `--allow-write=${dataDir}`,
      `--allow-ffi=${LIBC_PATHS.join(",")}`,
      "--allow-env",
      "node/testing/importing_child.ts",
      dataDir,
      file,
      system,
    ],
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  let height = 0;
  let rest = "";
  let acks = 0;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (!line.startsWith("ack ")) continue;
      height = Number(line.slice(4));
      if (++acks === ACKS) child.kill("SIGKILL");
    }
  }
  await child.status;
  ok(acks >= ACKS, `${acks} batches`);
  return height;
}

Deno.test("a node on a virtio disk loses nothing that it acknowledged", () =>
  inTemp(async (folder) => {
    const missing = await absent();
    if (missing !== undefined) return console.log(`  left out: ${missing}`);
    const file = `${folder}/links.tsv`;
    writeLinks(file, LINKS, PARTICLES, 1);
    const daemon = new Daemon(DISK_OCTETS);
    await daemon.start();
    try {
      const dataDir = `${folder}/data`;
      const system = onSocket(folder, daemon.socket);
      const height = await importUntilKilled(dataDir, file, system);
      await daemon.kill();
      const gone = await refusalOf(
        openTestNode({ dataDir, systemFile: system }),
      );
      match(gone, /the store cannot be opened: .*; start the back end/s);
      await daemon.start();
      const test = await openTestNode({ dataDir, systemFile: system });
      const kept = await Effect.runPromise(test.node.census);
      ok(kept.links > 0);
      const rest = await importInto(test.node, "tsv", file);
      strictEqual(kept.links + rest, LINKS);
      const whole = await Effect.runPromise(test.node.census);
      strictEqual(whole.links, LINKS);
      const from = await Effect.runPromise(test.node.api.resolve("a"));
      const { height: last } = await Effect.runPromise(
        test.node.api.link([{ from: { text: "a" }, to: { text: "b" } }]),
      );
      ok(last > height, `${last} after ${height}`);
      await test.close();
      const again = await openTestNode({ dataDir, systemFile: system });
      const { links } = await Effect.runPromise(
        again.node.api.links(from, "out", 10),
      );
      strictEqual(links.length, 1);
      await again.close();
      const stores = [...Deno.readDirSync(dataDir)].map(({ name }) => name);
      strictEqual(stores.some((name) => name.endsWith(".block")), false);
    } finally {
      await daemon.end();
    }
  }));

Deno.test("a socket or a driver that is none is refused with its place", () =>
  inTemp(async (folder) => {
    const dataDir = `${folder}/data`;
    const opened = (socket: string, component?: string) =>
      refusalOf(openTestNode({
        dataDir,
        systemFile: onSocket(folder, socket, component),
      }));
    const config = "drivers.disk.config";
    for (const socket of ["disk.socket", `/${"s".repeat(107)}`, ""]) {
      match(
        await opened(socket),
        new RegExp(`${config}.vhost-user: .*not like`),
      );
    }
    for (const component of ["../x.wasm", "/x.wasm", "x.so"]) {
      match(
        await opened("/run/none", component),
        new RegExp(`${config}.component: .*not like`),
      );
    }
    match(
      await opened("/run/none", "build/none.wasm"),
      /build\/none.wasm is not there; deno task build/,
    );
    match(
      await opened("/run/none", "build/cells/query.wasm"),
      /the store cannot be opened: .*the component is the virtio driver/s,
    );
  }));
