/**
 * Cases of the onnx package in one file, for where the package is not installed.
 *
 * `conformance/vectors/onnx/cases.json`, written by `deno task suite:onnx --vectors`.
 */
import type { Npu } from "../../../../hal/npu_contract.ts";
import type { Files, OnnxCase } from "./case.ts";
import { judge, type Known } from "./judge.ts";
import { runCase } from "./run.ts";

export interface Stored {
  /** Whose the cases are, and under what licence. */
  readonly source: string;
  readonly cases: ReadonlyArray<
    OnnxCase & {
      /** Octets as base64, by name. */
      readonly files: Readonly<Record<string, string>>;
    }
  >;
}

export function filesOf({ name, files }: Stored["cases"][number]): Files {
  return (file) => {
    const text = files[file];
    if (text === undefined) throw new Error(`${name} has no ${file}`);
    return Uint8Array.fromBase64(text);
  };
}

/** The verdicts over all stored cases that are not `passed`, each with its case. */
export function notPassed(npu: Npu, { cases }: Stored, known: Known): string[] {
  return cases.flatMap((one) => {
    const { verdict, why } = judge(one, runCase(npu, one, filesOf(one)), known);
    return verdict === "passed" ? [] : [`${one.name}: ${verdict}, ${why}`];
  });
}

/** The file, read by whoever may. */
export const STORED = new URL(
  "../../../vectors/onnx/cases.json",
  import.meta.url,
);

export function readStored(text: string): Stored {
  return JSON.parse(text) as Stored;
}
