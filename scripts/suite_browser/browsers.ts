/**
 * Browsers that the suite can be run in, started without a window.
 *
 * Each run has a profile of its own in a folder that the caller throws away, and
 * the browser's own traffic is switched off as far as it lets itself.
 */
import { Unfinished } from "./report.ts";

export interface Browser {
  readonly program: string;
  /** Debian's package. */
  readonly pack: string;
  readonly args: (profile: string, url: string) => readonly string[];
  /** Written into the profile beforehand. */
  readonly preferences?: Readonly<Record<string, string | boolean>>;
}

const CHROMIUM: Browser = {
  program: "chromium",
  pack: "chromium",
  args: (profile, url) => [
    "--headless",
    // Its sandbox does not work for root.
    ...(Deno.uid() === 0 ? ["--no-sandbox"] : []),
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--no-default-browser-check",
    `--user-data-dir=${profile}`,
    url,
  ],
};

const FIREFOX: Browser = {
  program: "firefox-esr",
  pack: "firefox-esr",
  args: (profile, url) => [
    "--headless",
    "--no-remote",
    "--profile",
    profile,
    url,
  ],
  preferences: {
    "app.normandy.enabled": false,
    "app.update.enabled": false,
    "browser.aboutwelcome.enabled": false,
    "browser.shell.checkDefaultBrowser": false,
    "datareporting.policy.dataSubmissionEnabled": false,
    "extensions.update.enabled": false,
    "network.captive-portal-service.enabled": false,
    "network.connectivity-service.enabled": false,
    "services.settings.server": "data:,#nothing",
    "toolkit.telemetry.enabled": false,
  },
};

const BROWSERS: Readonly<Record<string, Browser>> = {
  chromium: CHROMIUM,
  firefox: FIREFOX,
};

/** Chromium's emulation of a GPU on the CPU; others have what they have. */
export function withGpu(browser: Browser): Browser {
  if (browser.pack !== CHROMIUM.pack) return browser;
  const flags = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
  return { ...browser, args: (...all) => [...flags, ...browser.args(...all)] };
}

const STOP_MS_MAX = 5_000;
const SAID_CHARS_MAX = 2_000;

/** A browser as the command line names it: one of the kinds, or a path. */
export function browserOf(wish: string): Browser | undefined {
  if (!wish.includes("/")) return BROWSERS[wish];
  const name = wish.slice(wish.lastIndexOf("/") + 1);
  const browser = /firefox/i.test(name) ? FIREFOX : CHROMIUM;
  return { ...browser, program: wish };
}

/** Rejects if the program is not there. */
export async function find({ program, pack }: Browser): Promise<void> {
  try {
    await new Deno.Command(program, { args: ["--version"] }).output();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new Unfinished(
      `there is no ${program} here; on Debian: apt-get install ${pack}`,
    );
  }
}

export interface RunningBrowser {
  /** Resolves when it has ended, with the end of what it said. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export function start(
  browser: Browser,
  profile: string,
  url: string,
): RunningBrowser {
  const { program, args, preferences = {} } = browser;
  const lines = Object.entries(preferences).map(([name, value]) =>
    `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`
  );
  Deno.mkdirSync(profile, { recursive: true });
  Deno.writeTextFileSync(`${profile}/user.js`, lines.join(""));
  const child = new Deno.Command(program, {
    args: [...args(profile, url)],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const ended = endOf(child);
  return { ended, stop: () => stop(child, ended) };
}

async function endOf(child: Deno.ChildProcess): Promise<string> {
  let said = "";
  for await (const text of child.stderr.pipeThrough(new TextDecoderStream())) {
    said = (said + text).slice(-SAID_CHARS_MAX);
  }
  await child.status;
  return said.trim();
}

async function stop(
  child: Deno.ChildProcess,
  ended: Promise<unknown>,
): Promise<void> {
  const signal = (name: Deno.Signal) => {
    try {
      child.kill(name);
    } catch {
      // It has ended already.
    }
  };
  signal("SIGTERM");
  const timer = setTimeout(() => signal("SIGKILL"), STOP_MS_MAX);
  await ended;
  clearTimeout(timer);
}
