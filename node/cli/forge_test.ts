/** The command `forge` over a scripted loop; the loop has its own tests. */
import { match, strictEqual } from "node:assert/strict";
import { Room } from "./testing.ts";

const NAMED = ["--model", "m", "--datasheet", "sheet.md"];
const HERE = ["forge", "--endpoint", "http://127.0.0.1:1/v1/", ...NAMED];

function room(): Room {
  const made = new Room();
  made.files.set("sheet.md", new TextEncoder().encode("A disk."));
  made.files.set("sheet.pdf", new Uint8Array([0xff, 0xfe, 0x00]));
  return made;
}

Deno.test("forge: control: a spent budget is exit code 1, and says what next", async () => {
  const spent = await room().run([...HERE, "--attempts", "3"]);
  strictEqual(spent.code, 1, spent.err);
  match(spent.out, /attempts spent after 3 attempts and 9 tokens: 1 of 2/);
  match(spent.err, /--resume/);
  const json = JSON.parse((await room().run([...HERE, "--json"])).out);
  strictEqual(json.attempts, 8);
  strictEqual(json.out, "./forged");
});

const WRONG: ReadonlyArray<readonly [string, readonly string[], RegExp]> = [
  ["no endpoint", ["forge", ...NAMED], /give --endpoint URL/],
  [
    "no model",
    HERE.filter((one) => one !== "--model" && one !== "m"),
    /--model/,
  ],
  ["a key in the address", [
    "forge",
    ...["--endpoint", "https://me:key@host/v1", ...NAMED],
  ], /--key-file/],
  ["a key in the query", [
    "forge",
    ...["--endpoint", "https://host/v1?key=1", ...NAMED],
  ], /--key-file/],
  ["no web address", ["forge", "--endpoint", "file:///v1", ...NAMED], /https:/],
  ["a key in the clear", [
    "forge",
    ...["--endpoint", "http://host/v1", ...NAMED, "--key-file", "key"],
  ], /https/],
  [
    "an unknown contract",
    [...HERE, "--contract", "blok"],
    /did you mean block/,
  ],
  ["no number", [...HERE, "--minutes", "soon"], /from 1 to 1440/],
  ["a datasheet that is no text", [...HERE, "--datasheet", "sheet.pdf"], /pdf/],
];

for (const [name, line, told] of WRONG) {
  Deno.test(`forge: wrong use: ${name}`, async () => {
    const { code, err } = await room().run(line);
    strictEqual(code, 2, err);
    match(err, told);
  });
}
