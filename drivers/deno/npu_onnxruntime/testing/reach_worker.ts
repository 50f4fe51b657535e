/** Tries what the driver's thread has no business with; says what went through. */

const TRIES: Readonly<Record<string, () => unknown>> = {
  "read a file": () => Deno.readTextFileSync("/etc/hostname"),
  "read its own source": () => Deno.readTextFileSync(new URL(import.meta.url)),
  "write a file": () => Deno.writeTextFileSync("/tmp/karyon-reach", ""),
  "list a folder": () => [...Deno.readDirSync("/tmp")],
  "run a program": () => new Deno.Command("sh").outputSync(),
  "open another library": () => Deno.dlopen("libc.so.6", {}),
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
  postMessage(reached: Readonly<Record<string, string>>): void;
};

addEventListener("message", () => void reach(), { once: true });

async function reach(): Promise<void> {
  const reached: Record<string, string> = {};
  const tries: Readonly<Record<string, () => unknown>> = {
    ...TRIES,
    "own": () => import("../runtime.ts"),
  };
  for (const [name, act] of Object.entries(tries)) {
    try {
      await act();
      reached[name] = "went through";
    } catch (error) {
      reached[name] = error instanceof Error ? error.name : "?";
    }
  }
  scope.postMessage(reached);
}
