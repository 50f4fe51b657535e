/** Descriptions of cells with one broken rule each; conformance/refusals/cell. */
import { match, strictEqual } from "node:assert/strict";
import { controlOf, refusalSuite } from "../conformance/refusals/table.ts";
import { readTree } from "./build_tree.ts";

const CELL = "hello";

/** Why the build leaves out a cell with this `cell.json`. */
function refusalOf(text: string): string | undefined {
  const root = Deno.makeTempDirSync({ prefix: "karyon-cell-" });
  try {
    const folder = `${root}/cells/${CELL}`;
    Deno.mkdirSync(`${folder}/assembly`, { recursive: true });
    Deno.writeTextFileSync(`${folder}/cell.json`, text);
    Deno.writeTextFileSync(
      `${folder}/world.wit`,
      "package karyon:cells@0.1.0;\nworld hello {}\n",
    );
    return readTree(root, ".").broken.get(CELL);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("control: the good description of a cell is not refused", () => {
  strictEqual(refusalOf(controlOf("cell")), undefined);
});

refusalSuite("cell", ({ text }) => {
  const refusal = refusalOf(text) ?? "it was not refused";
  match(refusal, /^cells\/hello\/cell\.json:.+; .+/);
  return refusal;
});
