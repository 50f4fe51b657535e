/**
 * The passphrase that seals keys, from the file that the operator names.
 *
 * `KARYON_PASSPHRASE_FILE` names it; one line feed at its end does not count.
 * An environment variable that held the passphrase itself would be readable by
 * other programs, so there is none. A caller may also ask a person instead.
 */
import { Effect } from "effect";
import { readWhole } from "../governance/durable_files.ts";
import { PASSPHRASE_OCTETS_MAX } from "./key_file.ts";
import { KeyRefused } from "./refusal.ts";

export const PASSPHRASE_FILE_VARIABLE = "KARYON_PASSPHRASE_FILE";

/** The passphrase in `path`; none where no file is named. */
export const readPassphrase = Effect.fn("node.keys.passphrase")(
  function* (path: string | undefined) {
    if (path === undefined || path === "") return undefined;
    const octets = yield* readWhole(path, PASSPHRASE_OCTETS_MAX);
    const refuse = (what: string) =>
      new KeyRefused({
        rule: "passphrase",
        place: path,
        what,
        fix: `have ${PASSPHRASE_FILE_VARIABLE} name a file with a passphrase`,
      });
    if (octets === undefined) return yield* refuse("there is no such file");
    const end = octets.at(-1) === 10 ? octets.length - 1 : octets.length;
    if (end === 0) return yield* refuse("the passphrase is empty");
    return octets.slice(0, end);
  },
);
