/** The launcher in a terminal, where Deno asks the person instead of refusing. */
import { doesNotMatch, match } from "node:assert/strict";

const COMMAND = "deno run kernel version";

async function inTerminal(): Promise<string> {
  const { stdout } = await new Deno.Command("sh", {
    args: ["-c", `timeout 60 script -qec "${COMMAND}" /dev/null </dev/null`],
    stdout: "piped",
    stderr: "inherit",
  }).output();
  return new TextDecoder().decode(stdout);
}

async function hasScript(): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", "command -v script"],
    stdout: "null",
  }).output();
  return success;
}

Deno.test("a command in a terminal asks nobody for permissions", async () => {
  if (!await hasScript()) {
    console.log("  left out: there is no script (Debian's bsdutils)");
    return;
  }
  const seen = await inTerminal();
  doesNotMatch(seen, /requests .* access/);
  match(seen, /karyon \d+\.\d+\.\d+/);
});
