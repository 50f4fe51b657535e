/**
 * The GPU suite in Chromium: the same driver and the same cases, from a page.
 *
 *   deno task suite:gpu-browser [--json]
 *
 * Chromium runs without a window, with SwiftShader as its adapter, so that no
 * hardware is needed. Ends with 0 if every case passed, 1 if one did not, 3 if
 * the browser is missing, offers no WebGPU, or is silent.
 */
import { browserOf, find, start } from "./suite_browser/browsers.ts";
import { Unfinished } from "./suite_browser/report.ts";

const SILENCE_MS_MAX = 300_000;
const FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
const ENTRIES: Readonly<Record<string, string>> = {
  "assert.js": "scripts/suite_browser/page/assert.ts",
  "gpu_suite_worker.js": "scripts/suite_browser/page/gpu_suite_worker.ts",
  "held_worker.js": "drivers/web/gpu/testing/held_worker.ts",
};
const PAGE = `<!doctype html><title>Karyon: the GPU suite</title>
<script type="module">
new Worker("/gpu_suite_worker.js", { type: "module" }).onerror = (event) =>
  fetch("/report", {
    method: "POST",
    body: JSON.stringify({ broken: event.message }),
  });
</script>`;
const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

interface Told {
  readonly absent?: string;
  readonly broken?: string;
  readonly agent?: string;
  readonly results?: ReadonlyArray<{
    readonly id: string;
    readonly verdict: string;
    readonly evidence?: string;
    readonly reason?: string;
  }>;
}

/** One file of JavaScript; workers have no import map, so it names the file. */
async function bundle(entry: string, folder: string): Promise<string> {
  const path = `${folder}/out.js`;
  const { success, stderr } = await new Deno.Command("deno", {
    args: [
      "bundle",
      "--quiet",
      "--platform=browser",
      "--external=node:assert/strict",
      `--output=${path}`,
      entry,
    ],
    cwd: new URL("../", import.meta.url),
    stdout: "null",
    stderr: "piped",
    env: { NO_COLOR: "1" },
  }).output();
  if (!success) throw new Unfinished(new TextDecoder().decode(stderr).trim());
  const text = await Deno.readTextFile(path);
  return text.replaceAll('"node:assert/strict"', '"/assert.js"');
}

async function run(folder: string): Promise<Told> {
  const chromium = browserOf("chromium");
  if (chromium === undefined) throw new Unfinished("there is no chromium");
  await find(chromium);
  const files = new Map<string, string>();
  for (const [name, entry] of Object.entries(ENTRIES)) {
    files.set(`/${name}`, await bundle(entry, folder));
  }
  const told = Promise.withResolvers<Told>();
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/report") {
        told.resolve(JSON.parse(await request.text()));
        return new Response(null, { status: 204 });
      }
      const text = pathname === "/" ? PAGE : files.get(pathname);
      if (text === undefined) return new Response(null, { status: 404 });
      const type = pathname === "/" ? "text/html" : "text/javascript";
      return new Response(text, {
        headers: { ...HEADERS, "content-type": `${type}; charset=utf-8` },
      });
    },
  );
  const browser = start(
    { ...chromium, args: (...all) => [...FLAGS, ...chromium.args(...all)] },
    `${folder}/profile`,
    `http://127.0.0.1:${server.addr.port}/`,
  );
  const timer = setTimeout(
    () => told.reject(new Unfinished("the page is silent")),
    SILENCE_MS_MAX,
  );
  try {
    return await told.promise;
  } finally {
    clearTimeout(timer);
    await browser.stop();
    await Promise.race([server.shutdown(), browser.ended]);
  }
}

if (import.meta.main) {
  const folder = await Deno.makeTempDir({ prefix: "karyon-gpu-browser-" });
  try {
    const told = await run(folder);
    const { results = [], agent, absent, broken } = told;
    const red = results.filter(({ verdict }) => verdict === "failed");
    if (Deno.args.includes("--json")) console.log(JSON.stringify(told));
    else {
      for (const [at, one] of results.entries()) {
        const { id, verdict, evidence = "", reason = "" } = one;
        const mark = verdict === "failed" ? "not ok" : "ok";
        const skip = verdict === "left-out" ? ` # SKIP ${reason}` : "";
        console.log(`${mark} ${at + 1} - ${id}${skip}`);
        if (evidence !== "") console.log(`  # ${evidence}`);
      }
      console.log(`# ${agent ?? absent ?? broken ?? "nothing was told"}`);
      console.log(
        `# ${results.length - red.length} passed, ${red.length} failed`,
      );
    }
    Deno.exitCode = results.length === 0 ? 3 : red.length === 0 ? 0 : 1;
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    console.error(`suite:gpu-browser: ${error.message}`);
    Deno.exitCode = 3;
  } finally {
    await Deno.remove(folder, { recursive: true }).catch(() => {});
  }
  Deno.exit();
}
