/**
 * Starts the program with exactly the permissions that its arguments need.
 *
 * `deno task start` and `deno run kernel …` come here. The child gets the same
 * terminal and folder; signals are passed on, and its exit code is this one's.
 * Decision: docs/decisions/0005-the-launcher-grants-exact-permissions.md.
 */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { launchArguments } from "./launch_plan.ts";

const SIGNALS: ReadonlyArray<Deno.Signal> = Deno.build.os === "windows"
  ? ["SIGINT"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];

function readText(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}

/** `platform/device` of every driver's folder. */
function drivers(root: string): ReadonlyArray<string> {
  const names = (path: string) =>
    [...Deno.readDirSync(path)].filter(({ isDirectory }) => isDirectory)
      .map(({ name }) => name);
  return names(`${root}/drivers`).flatMap((platform) =>
    names(`${root}/drivers/${platform}`).map((name) => `${platform}/${name}`)
  );
}

/**
 * This very Deno; where that path is not among those that may be run (the task
 * allows `deno`, which npx finds under another one), the one of the same name.
 * Asked for before: in a terminal an attempt would ask the person.
 */
function spawn(options: Deno.CommandOptions): Deno.ChildProcess {
  const own = Deno.execPath();
  const { state } = Deno.permissions.querySync({ name: "run", command: own });
  return new Deno.Command(state === "granted" ? own : "deno", options).spawn();
}

async function launch(argv: ReadonlyArray<string>): Promise<number> {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  // A task runs in the program's folder; paths are meant from where one stood.
  const cwd = Deno.env.get("INIT_CWD") ?? Deno.cwd();
  const args = launchArguments(argv, {
    root,
    cwd,
    readText,
    env: (name) => Deno.env.get(name),
    drivers: () => drivers(root),
  });
  const child = spawn({
    args: [...args],
    cwd,
    stdin: "inherit",
    stdout: "inherit",
    stderr: "inherit",
  });
  for (const signal of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      try {
        child.kill(signal);
      } catch { /* it has ended already */ }
    });
  }
  return (await child.status).code;
}

if (import.meta.main) Deno.exit(await launch(Deno.args));
