/**
 * The compiler's thread: one answer per request, in their order.
 *
 * It must read the installed packages; it needs nothing else, writes nothing and
 * reaches no network.
 */
import { compileComponent } from "../engine/v8/compile.ts";
import type { CompileAnswer, CompileRequest } from "../engine/v8/compiler.ts";
import { ComponentRefusal } from "../engine/v8/refusal.ts";
import { LibraryBroken } from "../engine/v8/take_apart.ts";

interface WorkerScope {
  onmessage: ((event: { data: CompileRequest }) => void) | null;
  postMessage(answer: CompileAnswer): void;
}

async function answer(request: CompileRequest): Promise<CompileAnswer> {
  const { component, hash, mode } = request;
  try {
    return { ok: true, record: await compileComponent(component, hash, mode) };
  } catch (error) {
    const isRefusal = error instanceof ComponentRefusal;
    return {
      ok: false,
      kind: isRefusal ? error.kind : "malformed",
      reason: isRefusal ? error.message : `the compiler failed: ${error}`,
      // An unknown error may have left the library in any state.
      isBroken: !isRefusal || error instanceof LibraryBroken,
    };
  }
}

const scope = globalThis as unknown as WorkerScope;
scope.onmessage = async ({ data }) => scope.postMessage(await answer(data));
