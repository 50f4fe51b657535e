/**
 * ONNX models on onnxruntime's library, native or not, on the driver's own thread.
 *
 * What the library says against a model or a run is `rejected` with its words.
 *
 * Deliberately absent: accelerators, and custom operators.
 */
import type { Launch, Tensor } from "../../npu_contract.ts";
import { type AsyncNpu, NpuRejected } from "../link.ts";
import { readModel } from "../onnx/model.ts";
import type { Library, Session, SessionOptions } from "./library.ts";
import { fromLibrary, type LibraryTensor, toLibrary } from "./values.ts";
import { refuseWholeDivision } from "./whole_division.ts";

const OPTIONS: Omit<SessionOptions, "executionProviders"> = {
  // Only what ends the process; everything else comes back as an error.
  logSeverityLevel: 4,
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
};

export class OnnxRuntime implements AsyncNpu {
  readonly isStill = true;
  /** The library's version, for people. */
  readonly name: string;
  readonly #library: Library;
  readonly #options: SessionOptions;
  readonly #sessions = new Map<bigint, Session>();

  /** `provider` is the library's word for what carries models out. */
  constructor(library: Library, provider: "cpu" | "wasm") {
    this.#library = library;
    this.#options = { ...OPTIONS, executionProviders: [provider] };
    const { node, web } = library.env.versions;
    this.name = `onnxruntime ${node ?? web ?? ""}`.trim();
  }

  async load(name: bigint, octets: Uint8Array): Promise<void> {
    refuseWholeDivision(readModel(octets).graph);
    const session = await rejecting(() =>
      this.#library.InferenceSession.create(octets.slice(), this.#options)
    );
    this.#sessions.set(name, session);
  }

  unload(name: bigint): void {
    const session = this.#sessions.get(name);
    this.#sessions.delete(name);
    void session?.release();
  }

  async run({ model, inputs, outputs }: Launch): Promise<Tensor[]> {
    const session = this.#sessions.get(model);
    if (session === undefined) throw new NpuRejected("there is no such model");
    const feeds: Record<string, LibraryTensor> = {};
    for (const tensor of inputs) {
      feeds[tensor.name] = toLibrary(this.#library, tensor);
    }
    const given = await rejecting(() => session.run(feeds, outputs));
    return outputs.map((name) => fromLibrary(name, given[name]));
  }
}

/** The library throws plain errors whatever was wrong. */
async function rejecting<A>(act: () => Promise<A>): Promise<A> {
  try {
    return await act();
  } catch (error) {
    throw new NpuRejected(error instanceof Error ? error.message : "no reason");
  }
}
