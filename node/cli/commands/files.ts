/**
 * Files that the command line names: read and written, or refused by name.
 */
import { Refusal } from "../../api.ts";
import type { Context } from "../command.ts";
import type { Output } from "../host.ts";

const FILE_OCTETS_MAX = 16 * 1024 * 1024;

export async function read(
  context: Context,
  path: string,
): Promise<Uint8Array> {
  let octets: Uint8Array;
  try {
    octets = await context.host.readFile(path);
  } catch (error) {
    throw fileRefusal(path, "read", error);
  }
  if (octets.length <= FILE_OCTETS_MAX) return octets;
  throw new Refusal({
    kind: "too-large",
    message: `${path} has more than ${FILE_OCTETS_MAX} octets`,
  });
}

export async function write(
  context: Context,
  path: string,
  text: string,
): Promise<void> {
  await writeOctets(context, path, new TextEncoder().encode(text));
}

/** A new file that its owner alone may read. */
export async function writeSecret(
  context: Context,
  path: string,
  text: string,
): Promise<void> {
  try {
    await context.host.writeSecret(path, new TextEncoder().encode(text));
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) {
      throw new Refusal({
        kind: "invalid",
        message: `${path} is there already`,
        fix: "name a file that is not there; nothing is overwritten",
      });
    }
    throw fileRefusal(path, "written", error);
  }
}

export async function writeOctets(
  context: Context,
  path: string,
  octets: Uint8Array,
): Promise<void> {
  try {
    await context.host.writeFile(path, octets);
  } catch (error) {
    throw fileRefusal(path, "written", error);
  }
}

/** A new file, or `-` for standard output. */
export function outputOf(context: Context, path: string): Output {
  try {
    return context.host.openOutput(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) {
      throw fileRefusal(path, "written", error);
    }
    throw new Refusal({
      kind: "conflict",
      message: `${path} is there already; nothing was written`,
      fix: "choose another name, or remove the file first",
    });
  }
}

/** A file as a stream, however long it is. */
export async function inputOf(
  context: Context,
  path: string,
): Promise<AsyncIterable<Uint8Array>> {
  try {
    return await context.host.openInput(path);
  } catch (error) {
    throw fileRefusal(path, "read", error);
  }
}

function fileRefusal(path: string, verb: string, error: unknown): Refusal {
  if (error instanceof Deno.errors.NotFound) {
    return new Refusal({
      kind: "not-found",
      message: `${path} does not exist`,
    });
  }
  const denied = error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable;
  return new Refusal({
    kind: denied ? "unauthorised" : "failed",
    message: `${path} cannot be ${verb}` +
      (denied ? ": permission denied" : ""),
  });
}
