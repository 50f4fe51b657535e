/** System files and entries of one cell with one broken rule each. */
import { deepStrictEqual, match, ok } from "node:assert/strict";
import { Result } from "effect";
import {
  type Offer,
  readEntry,
  readSystem,
  type SystemRefused,
} from "../../kernel/manifest/system_file.ts";
import { controlOf, negativesIn, refusalSuite } from "./table.ts";

const FILES_MIN = 60;

const OFFER: Offer = {
  kernel: new Set(["karyon:kernel/log@0.1.0"]),
  drivers: new Map([["deno/block-file", new Set(["karyon:hal/block@0.1.0"])]]),
  kinds: new Set(["text", "other"]),
};

const system = (text: string) => readSystem("system.json", text, OFFER);
const entry = (text: string) => readEntry("rank", text);

/** Exactly one fault: its place, the rule, and after the semicolon the fix. */
function onlyFault(read: Result.Result<unknown, SystemRefused>): string {
  ok(Result.isFailure(read), "it was not refused");
  const { faults } = read.failure;
  deepStrictEqual(faults.length, 1, faults.join("\n"));
  const [fault = ""] = faults;
  match(fault, /^[a-z. ]+:\d+:\d+: .+; .+/);
  return fault;
}

Deno.test("control: the good ones are not refused", () => {
  ok(Result.isSuccess(system(controlOf("system"))));
  ok(Result.isSuccess(entry(controlOf("entry"))));
});

Deno.test("there are at least sixty files with one broken rule", () => {
  const folders = ["system", "entry", "cell", "proposal", "types"];
  const count = folders.flatMap((folder) => negativesIn(folder)).length;
  ok(count >= FILES_MIN, `${count} files`);
});

refusalSuite("system", ({ text }) => onlyFault(system(text)));
refusalSuite("entry", ({ text }) => onlyFault(entry(text)));
