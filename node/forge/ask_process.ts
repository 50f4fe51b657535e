/**
 * The process that asks: it may reach the endpoint's one address and read the
 * key's file. It alone ever holds the key, and can neither write nor run.
 */
import { askEndpoint, type Question, type Reply } from "./endpoint.ts";
import { KEY_OCTETS_MAX, SAID_OCTETS_MAX } from "./limits.ts";
import { readJson, reply } from "./process_io.ts";

export interface Ask {
  readonly question: Question;
  readonly keyFile?: string;
}

/** The key in a file's octets: one line of printable ASCII. */
export function keyIn(octets: Uint8Array): string | undefined {
  if (octets.length > KEY_OCTETS_MAX) return undefined;
  const text = new TextDecoder().decode(octets).trim();
  return /^[\x21-\x7e]{8,}$/.test(text) ? text : undefined;
}

async function answer({ question, keyFile }: Ask): Promise<Reply> {
  if (keyFile === undefined) return await askEndpoint(question, undefined);
  let octets: Uint8Array;
  try {
    octets = await Deno.readFile(keyFile);
  } catch (error) {
    return {
      kind: "failed",
      reason: `${keyFile} cannot be read: ${
        error instanceof Error ? error.name : ""
      }`,
      fix: "name a file that is there: --key-file FILE",
    };
  }
  const key = keyIn(octets);
  if (key !== undefined) return await askEndpoint(question, key);
  return {
    kind: "failed",
    reason: `${keyFile} holds no key`,
    fix: "write the key alone into it, 8 printable characters or more",
  };
}

if (import.meta.main) reply(await answer(await readJson<Ask>(SAID_OCTETS_MAX)));
