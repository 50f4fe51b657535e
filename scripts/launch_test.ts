/** The launcher grants what a command line needs, and nothing else. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { COMMANDS } from "../node/cli/run.ts";
import { COMMON_OPTIONS } from "../node/cli/args.ts";
import { VALUE_OPTIONS } from "./launch_options.ts";
import { launchArguments, readLine } from "./launch_plan.ts";
import { LIBC_PATHS } from "../drivers/deno/vhost_user/libc.ts";

function granted(
  argv: ReadonlyArray<string>,
  files: Readonly<Record<string, string>> = {},
  env: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> {
  const args = launchArguments(argv, {
    root: "/app",
    cwd: "/home/u",
    readText: (path) => files[path],
    env: (name) => env[name],
    drivers: () => ["memory/block", "deno/block_nbd"],
  });
  const flags = args.slice(1, args.indexOf("/app/main.ts"));
  deepStrictEqual(args.slice(args.indexOf("/app/main.ts") + 1), argv);
  return Object.fromEntries(
    flags.map((flag) => flag.replace("--allow-", "").split("=")),
  );
}

Deno.test("launch: every option with a value is known", () => {
  const options = COMMANDS.flatMap(({ options }) => Object.entries(options));
  const wanted = [...options, ...Object.entries(COMMON_OPTIONS)]
    .filter(([, { type }]) => type === "string").map(([name]) => name);
  deepStrictEqual([...new Set(wanted)].sort(), [...VALUE_OPTIONS].sort());
});

Deno.test("launch: up listens on its one address and writes its data", () => {
  const usual = granted([]);
  strictEqual(usual["read"], "/app,/home/u/.karyon");
  strictEqual(usual["write"], "/home/u/.karyon");
  strictEqual(usual["net"], "127.0.0.1:8080");
  deepStrictEqual(Object.keys(usual).sort(), [
    "--ignore-env",
    "--no-prompt",
    "env",
    "net",
    "read",
    "write",
  ]);
  const other = granted([
    ...["up", "--data=/srv/a,b", "--port", "0", "--host", "::1"],
    ...["--genesis", "seed.tsv"],
  ]);
  strictEqual(other["read"], "/app,/srv/a,,b,/home/u/seed.tsv");
  strictEqual(other["write"], "/srv/a,,b");
  strictEqual(other["net"], "[::1]:0");
  strictEqual(granted(["--genesis", "none"])["read"], "/app,/home/u/.karyon");
});

Deno.test("launch: a command reaches the running node only", () => {
  strictEqual(granted(["top"])["net"], undefined);
  const files = {
    "/home/u/.karyon/node.json": '{"url":"http://127.0.0.1:4321"}',
  };
  strictEqual(granted(["top"], files)["net"], "127.0.0.1:4321");
  for (const broken of ["{", "null", '{"url":"file:///etc"}', '{"url":5}']) {
    const wrong = { "/home/u/.karyon/node.json": broken };
    strictEqual(granted(["top"], wrong)["net"], undefined, broken);
  }
});

Deno.test("launch: a driver that reaches a server may reach that one", () => {
  const system = (...uris: string[]) => ({
    "/app/system.json": JSON.stringify({
      drivers: Object.fromEntries(
        uris.map((
          uri,
          i,
        ) => [i, { driver: "deno/block-nbd", config: { uri } }]),
      ),
    }),
  });
  const one = granted([], system("nbd://10.0.0.1/a", "nbd://[::1]:9/b"));
  strictEqual(one["net"], "127.0.0.1:8080,10.0.0.1:10809,[::1]:9");
  strictEqual(one["write"], "/home/u/.karyon");
  const unix = granted(["top"], system("nbd+unix:///a?socket=/run/n,bd"));
  strictEqual(unix["net"], "unix:/run/n,,bd");
  strictEqual(unix["write"], "/home/u/.karyon,/run/n,,bd");
  for (const text of ["", "{", "null", '{"drivers":{"a":null}}']) {
    const odd = granted([], { "/app/system.json": text });
    strictEqual(odd["net"], "127.0.0.1:8080", text);
  }
  strictEqual(granted([], system("http://x"))["net"], "127.0.0.1:8080");
});

Deno.test("launch: a GPU asks for no permission", () => {
  for (const driver of ["web/gpu", "cpu/gpu"]) {
    const text = JSON.stringify({ drivers: { gpu: { driver, config: {} } } });
    deepStrictEqual(
      granted([], { "/app/system.json": text }),
      granted([], {}),
    );
  }
});

Deno.test("launch: the C library is for a disk behind a vhost-user socket only", () => {
  const files = (driver: string) => ({
    "/app/system.json": JSON.stringify({ drivers: { disk: { driver } } }),
  });
  for (const command of [[], ["fsck"]]) {
    const given = granted(command, files("virtio/block"))["ffi"];
    strictEqual(given, LIBC_PATHS.join(","));
    strictEqual(granted(command, files("memory/block"))["ffi"], undefined);
  }
});

Deno.test("launch: named files, and only in the way they are used", () => {
  const rows: ReadonlyArray<readonly [string[], string, string]> = [
    [["import", "a.tsv", "--skip-bad"], "/home/u/a.tsv", ""],
    [["import", "--format", "tsv", "-"], "", ""],
    [["import", "--", "--odd"], "/home/u/--odd", ""],
    [
      ["propose", "rank", "r.wasm"],
      "/home/u/r.wasm",
      "/home/u/rank.proposal.json",
    ],
    [["propose", "rank", "r.wasm", "--out", "/t/p"], "/home/u/r.wasm", "/t/p"],
    [["sign", "p.json"], "/home/u/p.json", "/home/u/p.json"],
    [["sign", "p.json", "--out=q"], "/home/u/p.json", "/home/u/q"],
    [["submit", "p.json", "/c.wasm"], "/home/u/p.json,/c.wasm", ""],
    [["replay", "a.record"], "/home/u/a.record", ""],
    [
      ["replay", "a.record", "--cell", "rank", "--component", "/c.wasm"],
      "/home/u/a.record,/c.wasm",
      "",
    ],
    [["export", "x.karc"], "", "/home/u/x.karc"],
    [["export", "-"], "", ""],
    [["restore", "x.karc"], "/home/u/x.karc", ""],
    [["keys", "export", "x", "--out", "x.pub"], "", "/home/u/x.pub"],
    [["keys", "import", "x.pub"], "/home/u/x.pub", ""],
    [["search", "../../etc/passwd"], "", ""],
  ];
  const base = { read: "/app,/home/u/.karyon", write: "/home/u/.karyon" };
  for (const [argv, read, write] of rows) {
    const flags = granted(argv);
    const join = (a: string, b: string) => b === "" ? a : `${a},${b}`;
    // What is written can be read, too.
    const paths = `${base.read},${write},${read}`.split(",");
    strictEqual(
      flags["read"],
      [...new Set(paths)].filter((path) => path !== "").join(","),
      argv.join(" "),
    );
    strictEqual(flags["write"], join(base.write, write), argv.join(" "));
  }
});

Deno.test("launch: a driver under test gets what it lists, or what is allowed", () => {
  const path = "/app/drivers/deno/block_nbd/driver.json";
  const nbd = { permissions: { run: ["nbdkit", "a,b"], read: ["/etc"] } };
  const files = { [path]: JSON.stringify(nbd) };
  const known = granted(["conform", "--driver", "deno/block-nbd"], files);
  strictEqual(known["run"], "nbdkit,a,,b");
  strictEqual(known["read"]?.includes("/etc"), false);
  strictEqual(known["write"], "/home/u/.karyon,/tmp");
  const other = ["conform", "--driver", "memory/block"];
  strictEqual(granted(other, files)["run"], undefined);
  strictEqual(granted(["conform", "--matrix"], files)["run"], "nbdkit,a,,b");
  const byPath = granted([
    ...["conform", "--driver", "x/driver.ts", "--html", "r.html"],
    ...["--allow", "net=127.0.0.1:1", "--allow=run=true", "--allow", "all"],
  ], files);
  strictEqual(byPath["net"], "127.0.0.1:1");
  strictEqual(byPath["run"], "true");
  strictEqual("all" in byPath, false);
  ok(byPath["read"]?.includes(",/home/u/x"));
  strictEqual(byPath["write"], "/home/u/.karyon,/tmp,/home/u/r.html");
  strictEqual(
    granted(["top", "--driver", "deno/block-nbd"], files)["run"],
    undefined,
  );
});

Deno.test("launch: forge writes its folder, reaches nobody, reads no key", () => {
  const files = {
    "/home/u/.karyon/node.json": '{"url":"http://127.0.0.1:4321"}',
  };
  const forge = granted([
    ...["forge", "--endpoint", "https://host/v1", "--model", "m"],
    ...["--datasheet", "sheet.md", "--key-file", "key", "--out", "/srv/x"],
  ], files);
  deepStrictEqual(forge, {
    ...{ "--no-prompt": undefined, "--ignore-env": undefined },
    ...{ read: "/app,/srv/x,/home/u/sheet.md", write: "/srv/x" },
    ...{ run: "deno", env: "NO_COLOR" },
  });
  strictEqual(granted(["forge"])["write"], "/home/u/forged");
});

Deno.test("launch: the passphrase's file can be read", () => {
  const env = { KARYON_PASSPHRASE_FILE: "pass" };
  ok(granted(["keys"], {}, env)["read"]?.endsWith(",/home/u/pass"));
});

Deno.test("launch: whatever the words are, there is a plan", () => {
  for (const argv of [["-"], ["--"], ["--data"], ["--data="], ["--=x"], [""]]) {
    ok(
      launchArguments(argv, {
        root: "/app",
        cwd: "/",
        readText: () => undefined,
        env: () => undefined,
        drivers: () => [],
      }).includes("/app/main.ts"),
    );
  }
  strictEqual(readLine(["--port", "1", "x"]).args[0], "x");
});
