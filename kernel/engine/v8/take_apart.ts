/**
 * Takes a component apart into its core modules, with jco's library.
 *
 * jco validates the whole component, its types included; what it does not accept
 * is refused with its reason. Loading it costs a few megabytes and a tenth of a
 * second, so it is loaded when the first component is not in the cache.
 */
import {
  COMPONENT_OCTETS_MAX,
  CORE_MODULES_MAX,
  MESSAGE_CHARS_MAX,
} from "../limits.ts";
import { ComponentRefusal } from "./refusal.ts";

const COMPONENT_HEADER = [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x00, 0x01, 0x00];

/**
 * jco itself trapped. It keeps its state for the life of the thread, so this
 * thread may not ask it again.
 */
export class LibraryBroken extends ComponentRefusal {}

/** The core modules in the order of the component. Rejects with a refusal. */
export async function takeApart(component: Uint8Array): Promise<Uint8Array[]> {
  const { $init, generate } = await import(
    "@bytecodealliance/jco-transpile/component"
  );
  await $init;
  let files: [string, Uint8Array][];
  try {
    files = generate(component, {
      name: "cell",
      instantiation: { tag: "sync" },
      map: [],
      noTypescript: true,
      noNodejsCompat: true,
      multiMemory: true,
      base64Cutoff: 0,
    }).files;
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) {
      throw new LibraryBroken("malformed", "the component broke the compiler");
    }
    throw new ComponentRefusal("malformed", reasonOf(error));
  }
  const modules = files.filter(([name]) => name.endsWith(".wasm"));
  if (modules.length > CORE_MODULES_MAX) {
    throw new ComponentRefusal(
      "too-large",
      `${modules.length} core modules, at most ${CORE_MODULES_MAX}`,
    );
  }
  return modules.map(([, octets]) => octets);
}

/** Size and first octets, before anything is decoded. */
export function checkForm(component: Uint8Array): void {
  if (component.length > COMPONENT_OCTETS_MAX) {
    throw new ComponentRefusal(
      "too-large",
      `a component of ${component.length} octets, at most ` +
        `${COMPONENT_OCTETS_MAX}`,
    );
  }
  const wrong = COMPONENT_HEADER.findIndex((octet, at) =>
    component[at] !== octet
  );
  if (wrong >= 0) {
    throw new ComponentRefusal(
      "malformed",
      `not a WebAssembly component (at octet ${wrong})`,
    );
  }
}

/** jco's chain of causes on one line, without its own heading. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/\s+/g, " ")
    .replace(/^failed to .*? Caused by: (0: )?/, "")
    .slice(0, MESSAGE_CHARS_MAX);
}
