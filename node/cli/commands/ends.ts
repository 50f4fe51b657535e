/**
 * How a particle is named on the command line: an identity or its text.
 */
import type { End, NodeApi } from "../../api.ts";
import { CID_PATTERN } from "../../http/schemas.ts";
import { ask, type Context, UsageError } from "../command.ts";

const SOURCES_MAX = 16;

/** `cid:…` and 66 digits are identities, everything else is a text. */
export function endOf(argument: string): End {
  const digits = argument.startsWith("cid:") ? argument.slice(4) : argument;
  if (CID_PATTERN.test(digits)) return { cid: digits };
  if (argument.startsWith("cid:")) {
    throw new UsageError(
      `not an identity: ${argument}`,
      "an identity is 01 and 64 lower-case hexadecimal digits",
    );
  }
  return { text: argument };
}

export async function cidOf(api: NodeApi, argument: string): Promise<string> {
  const end = endOf(argument);
  return "cid" in end ? end.cid : await ask(api.resolve(end.text));
}

/** What `--from` named, as it was given. */
export function sourcesOf(context: Context): ReadonlyArray<string> {
  const from = context.texts("from");
  if (from.length <= SOURCES_MAX) return from;
  throw new UsageError(
    `${from.length} particles are too many`,
    `--from comes ${SOURCES_MAX} times at most`,
  );
}

/** An identity, or `me`. */
export async function whoOf(api: NodeApi, text: string): Promise<string> {
  if (text === "me") return (await ask(api.identity())).neuron;
  return idOf(text, "neuron");
}

export function idOf(text: string, what: string): string {
  const digits = text.startsWith("cid:") ? text.slice(4) : text;
  if (CID_PATTERN.test(digits)) return digits;
  throw new UsageError(
    `${JSON.stringify(text)} is not the identity of a ${what}`,
    "an identity is 01 and 64 lower-case hexadecimal digits" +
      (what === "neuron" ? "; me is this node's own neuron" : ""),
  );
}
