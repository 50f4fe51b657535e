/**
 * A browser as a peer: it fetches jobs from a page on 127.0.0.1 and posts answers.
 *
 * No driver is needed: the page asks by itself. It is isolated across origins,
 * because only then it has shared memory. The browser gets a new profile and
 * nothing else to do, and its address is a secret of this run.
 */
import { execute } from "./execute.ts";
import type { Job, Outcome } from "./job.ts";
import { Missing, type Peer, Silent, within } from "./peers.ts";

const START_MS_MAX = 60_000;
const STOP_MS_MAX = 5_000;
/** A page that asks and gets nothing asks again. */
const POLL_MS = 15_000;

export interface Browser {
  readonly name: string;
  /** Programs, the first that is there is taken. */
  readonly programs: readonly string[];
  readonly args: (profile: string, url: string) => string[];
  /** Files of the new profile. */
  readonly files: Readonly<Record<string, string>>;
}

const QUIET_FIREFOX = [
  "app.update.enabled",
  "browser.safebrowsing.malware.enabled",
  "browser.safebrowsing.phishing.enabled",
  "browser.shell.checkDefaultBrowser",
  "datareporting.healthreport.uploadEnabled",
  "datareporting.policy.dataSubmissionEnabled",
  "extensions.systemAddon.update.enabled",
  "extensions.update.enabled",
  "network.captive-portal-service.enabled",
  "network.connectivity-service.enabled",
  "network.dns.disablePrefetch",
  "toolkit.telemetry.enabled",
];

export const BROWSERS: readonly Browser[] = [
  {
    name: "chromium",
    programs: ["chromium"],
    // Without its sandbox, because root cannot have one; it sees our page only.
    args: (profile, url) => [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      `--user-data-dir=${profile}`,
      url,
    ],
    files: {},
  },
  {
    name: "firefox",
    programs: ["firefox-esr", "firefox"],
    args: (profile, url) => [
      "--headless",
      "--no-remote",
      "--profile",
      profile,
      url,
    ],
    files: {
      "user.js": QUIET_FIREFOX.map((name) =>
        `user_pref("${name}", ${name.includes("Prefetch")});\n`
      ).join(""),
    },
  },
];

const HEADERS = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "cache-control": "no-store",
};

const PAGE = `<!doctype html><title>fuzz</title><script type="module">
new Worker("worker.js");
</script>`;

/** The worker's whole program; \`execute\` is complete in itself. */
const program = () =>
  `const execute = ${execute.toString()};
(async () => {
  for (;;) {
    const got = await fetch("next?agent=" + encodeURIComponent(navigator.userAgent));
    if (got.status !== 200) continue;
    let body;
    try {
      body = JSON.stringify((await got.json()).map((job) => execute(job)));
    } catch (error) {
      body = JSON.stringify({ failed: String(error && error.stack || error) });
    }
    await fetch("done", { method: "POST", body });
  }
})();`;

/** What the page and the peer have between them. */
class Desk {
  #jobs: readonly Job[] | undefined;
  #ready: (() => void) | undefined;
  #answered: ((text: string) => void) | undefined;
  readonly agent: Promise<string>;
  #seen: (agent: string) => void = () => {};

  constructor() {
    this.agent = new Promise((resolve) => this.#seen = resolve);
  }

  ask(jobs: readonly Job[]): Promise<string> {
    this.#jobs = jobs;
    const answer = new Promise<string>((resolve) => this.#answered = resolve);
    this.#ready?.();
    return answer;
  }

  async serve(request: Request, path: string): Promise<Response> {
    const { pathname, searchParams } = new URL(request.url);
    const answer = (body: string | null, type: string, status = 200) =>
      new Response(body, {
        status,
        headers: { ...HEADERS, "content-type": type },
      });
    switch (pathname) {
      case `${path}/`:
        return answer(PAGE, "text/html");
      case `${path}/worker.js`:
        return answer(program(), "text/javascript");
      case `${path}/next`: {
        this.#seen(searchParams.get("agent") ?? "");
        if (this.#jobs === undefined) await this.#wait();
        const jobs = this.#jobs;
        this.#jobs = undefined;
        return jobs === undefined
          ? answer(null, "text/plain", 204)
          : answer(JSON.stringify(jobs), "application/json");
      }
      case `${path}/done`:
        this.#answered?.(await request.text());
        return answer("", "text/plain");
      default:
        return answer("", "text/plain", 404);
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      this.#ready = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Rejects with `Missing` where the browser is not installed or does not start. */
export async function startBrowser(browser: Browser): Promise<Peer> {
  const desk = new Desk();
  const path = `/${crypto.randomUUID()}`;
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => desk.serve(request, path),
  );
  const profile = await Deno.makeTempDir({ prefix: "karyon-fuzz-" });
  for (const [name, text] of Object.entries(browser.files)) {
    await Deno.writeTextFile(`${profile}/${name}`, text);
  }
  const url = `http://127.0.0.1:${server.addr.port}${path}/`;
  const child = spawned(browser, profile, url);
  const stop = async () => {
    try {
      child?.kill("SIGTERM");
      if (child) await within(STOP_MS_MAX, browser.name, child.status);
    } catch (error) {
      if (error instanceof Silent) child?.kill("SIGKILL");
    }
    await server.shutdown();
    await Deno.remove(profile, { recursive: true }).catch(() => {});
  };
  if (child === undefined) {
    await stop();
    throw new Missing(
      `${browser.name}: none of ${browser.programs.join(", ")} is installed`,
    );
  }
  try {
    const version = await within(START_MS_MAX, browser.name, desk.agent);
    return {
      name: browser.name,
      version: version.replace(/^.*(?=(Chrome|Firefox)\/)/, "")
        .replace(/ .*$/, ""),
      run: async (jobs, waitMs) => {
        const text = await within(waitMs, browser.name, desk.ask(jobs));
        const answer = JSON.parse(text) as
          | readonly Outcome[]
          | { readonly failed: string };
        if ("failed" in answer) {
          throw new Error(`${browser.name}: ${answer.failed}`);
        }
        return answer;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw new Missing(`${browser.name} does not start: ${error}`);
  }
}

function spawned(
  { programs, args }: Browser,
  profile: string,
  url: string,
): Deno.ChildProcess | undefined {
  for (const program of programs) {
    try {
      return new Deno.Command(program, {
        args: args(profile, url),
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
  return undefined;
}
