/**
 * Errors of the rooms below in the words of a node: what is wrong, and the fix
 * beside it. An error that has no fix of its own is about a file.
 */
import { ProposalRefused, StorageFailed } from "../../kernel/governance/mod.ts";
import { KeyRefused } from "../keys/mod.ts";
import { Refusal } from "../api.ts";

export const CHOOSE_FOLDER =
  "choose a folder that you may write to with --data DIR";

/** An error of keys, proposals or their files. */
export function inWords(error: { readonly message: string }): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof KeyRefused) {
    const { place, what, fix } = error;
    return new Refusal({ kind: "invalid", message: `${place}: ${what}`, fix });
  }
  if (error instanceof ProposalRefused) {
    const { rule, place, what, fix } = error;
    const message = `${rule} at ${place}: ${what}`;
    return new Refusal({ kind: "invalid", message, fix });
  }
  if (error instanceof StorageFailed) {
    const { message, what } = error;
    const fix = what.startsWith("reading")
      ? "restore that file from a copy"
      : CHOOSE_FOLDER;
    return new Refusal({ kind: "unavailable", message, fix });
  }
  return new Refusal({ kind: "invalid", message: error.message });
}

/** A file of the data directory that is not as the node wrote it. */
export function damaged(
  fix: string,
): (error: { readonly message: string }) => Refusal {
  return ({ message }) => new Refusal({ kind: "failed", message, fix });
}
