/**
 * How a particle is named on the command line: an identity or its text.
 */
import type { End, NodeApi } from "../../api.ts";
import { CID_PATTERN } from "../../http/schemas.ts";
import { ask, UsageError } from "../command.ts";

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
