/**
 * A process that imports until it is killed: `importing_child.ts DIR FILE SYSTEM`.
 *
 * Prints `ack HEIGHT` after each durable batch, and `done` at the end.
 */
import { importInto } from "./importing.ts";
import { openTestNode } from "./node.ts";

const [dataDir = "", file = "", systemFile = "system.json"] = Deno.args;
const print = (line: string) =>
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
const test = await openTestNode({ dataDir, systemFile });
print("open");
await importInto(test.node, "tsv", file, ({ height }) => {
  print(`ack ${height}`);
});
print("done");
await test.close();
