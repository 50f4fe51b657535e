/**
 * What a driver's thread has no business with, tried from inside of it.
 *
 * A test starts a module that calls `tellReach` with the driver's permissions,
 * and asks it with `checkReach`: what the driver is for goes through, nothing
 * else does.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";

type Tries = Readonly<Record<string, () => unknown>>;
type Reached = Readonly<Record<string, string>>;

const WENT_THROUGH = "went through";

const TRIES: Tries = {
  "read a file": () => Deno.readTextFileSync("/etc/hostname"),
  "read its own source": () => Deno.readTextFileSync(new URL(import.meta.url)),
  "write a file": () => Deno.writeTextFileSync("/tmp/karyon-reach", ""),
  "list a folder": () => [...Deno.readDirSync("/tmp")],
  "see the environment": () => {
    if (Object.keys(Deno.env.toObject()).length > 0) return;
    // Where the whole process must not see it, it reads as empty.
    throw new Deno.errors.NotCapable("nothing is there");
  },
  "run a program": () => new Deno.Command("sh").outputSync(),
  "open a library": () => Deno.dlopen("libm.so.6", {}),
  "see the machine": () => Deno.hostname(),
  "listen": () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  "reach a port": () => Deno.connect({ hostname: "127.0.0.1", port: 9 }),
  "reach another machine": () => fetch("http://192.0.2.1/"),
  "start a thread that may more": () =>
    new Worker(import.meta.url, {
      type: "module",
      deno: { permissions: { read: true } },
    }),
};

/** A worker's scope; the window's types do not know it. */
const scope = globalThis as typeof globalThis & {
  postMessage(reached: Reached): void;
};

/** In the thread: tries everything once a message comes; `own` gets the message. */
export function tellReach(own: (message: unknown) => unknown): void {
  addEventListener("message", (event) => {
    if (!(event instanceof MessageEvent)) return;
    void reached({ ...TRIES, own: () => own(event.data) })
      .then((told) => scope.postMessage(told));
  }, { once: true });
}

async function reached(tries: Tries): Promise<Reached> {
  const told: Record<string, string> = {};
  for (const [name, act] of Object.entries(tries)) {
    try {
      await act();
      told[name] = WENT_THROUGH;
    } catch (error) {
      told[name] = error instanceof Error ? error.name : "?";
    }
  }
  return told;
}

/** In the test: sends `message` to the thread, checks what it says, ends it. */
export async function checkReach(
  worker: Worker,
  message?: unknown,
): Promise<void> {
  const told = await new Promise<Reached>((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.postMessage(message);
  });
  worker.terminate();
  const { own, ...others } = told;
  strictEqual(own, WENT_THROUGH);
  const refused = Object.keys(TRIES).map((name) => [name, "NotCapable"]);
  deepStrictEqual(others, Object.fromEntries(refused));
}
