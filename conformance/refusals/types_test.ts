/**
 * Programs that do not type-check. Each compiles only because its one wrong line
 * says that it is wrong; once it no longer is, the gate's type check fails.
 */
import { match, strictEqual } from "node:assert/strict";
import { negativesIn } from "./table.ts";

const EXPECTED = "@ts-expect-error: ";

for (const { name, text } of negativesIn("types")) {
  Deno.test(`does not type-check: ${name}`, () => {
    strictEqual(text.split(EXPECTED).length, 2, "one broken rule");
    // The rule, and the fix.
    match(text, /^\/\*\* Does not type-check: .+\. .+\. \*\/\n/);
  });
}
