/**
 * Browsers that the suite can be run in, started without a window.
 *
 * Each run has a profile of its own in a folder that the caller throws away, and
 * the browser's own traffic is switched off as far as it lets itself.
 */
interface Kind {
  readonly program: string;
  /** Debian's package. */
  readonly pack: string;
  readonly args: (profile: string, url: string) => readonly string[];
  /** Written into the profile beforehand. */
  readonly preferences?: Readonly<Record<string, string | boolean>>;
}

const CHROMIUM: Kind = {
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

const FIREFOX: Kind = {
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

const KINDS: Readonly<Record<string, Kind>> = {
  chromium: CHROMIUM,
  firefox: FIREFOX,
};

const STOP_MS_MAX = 5_000;
const SAID_CHARS_MAX = 2_000;

/** A browser as the command line names it: one of the kinds, or a path. */
export function kindOf(wish: string): Kind | undefined {
  if (!wish.includes("/")) return KINDS[wish];
  const name = wish.slice(wish.lastIndexOf("/") + 1);
  const kind = /firefox/i.test(name) ? FIREFOX : CHROMIUM;
  return { ...kind, program: wish };
}

export class BrowserMissing extends Error {}

export interface RunningBrowser {
  /** Resolves when it has ended, with the end of what it said. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

export function start(
  kind: Kind,
  profile: string,
  url: string,
): RunningBrowser {
  const { program, pack, args, preferences = {} } = kind;
  const lines = Object.entries(preferences).map(([name, value]) =>
    `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`
  );
  Deno.mkdirSync(profile, { recursive: true });
  Deno.writeTextFileSync(`${profile}/user.js`, lines.join(""));
  let child: Deno.ChildProcess;
  try {
    child = new Deno.Command(program, {
      args: [...args(profile, url)],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new BrowserMissing(
      `there is no ${program} here; on Debian: apt-get install ${pack}`,
    );
  }
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
