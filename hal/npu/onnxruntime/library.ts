/**
 * What is used of onnxruntime's library for JavaScript, native or in a page.
 *
 * Stated here because the packages, and their types with them, are installed only
 * where a driver needs them.
 */
import type { LibraryTensor, TensorMaker } from "./values.ts";

export interface SessionOptions {
  readonly executionProviders: readonly string[];
  readonly logSeverityLevel: 0 | 1 | 2 | 3 | 4;
  readonly intraOpNumThreads: number;
  readonly interOpNumThreads: number;
}

export interface Session {
  run(
    feeds: Readonly<Record<string, LibraryTensor>>,
    fetches: readonly string[],
  ): Promise<Readonly<Record<string, LibraryTensor>>>;
  release(): Promise<void>;
}

export interface Library extends TensorMaker {
  readonly env: {
    readonly versions: { readonly node?: string; readonly web?: string };
  };
  readonly InferenceSession: {
    create(model: Uint8Array, options: SessionOptions): Promise<Session>;
  };
}
