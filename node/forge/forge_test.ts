/**
 * The loop against a real server on loopback, through the real processes.
 *
 * Plan. Source that does not compile, then one broken promise, then right source:
 * the model is told the compiler's words, then the case, its promise and the
 * evidence; the end is green, and what is left is a driver that `conform` takes.
 * The endpoint gets the key; nothing that is written has it, although the endpoint
 * says it back. A spent budget and an endpoint that wants to wait end it, and it
 * goes on from there. Going on after green asks nothing. Control: right source is green.
 *
 * Only a group of the suite is run; whole suites are the drivers' own tests.
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { isSubject } from "../../conformance/hal/suites.ts";
import { forge, type ForgeRequest } from "./forge.ts";
import { asFiles } from "./prompt.ts";
import { gives, says, scripted } from "./testing/scripted.ts";
import { planted, rightSources } from "./testing/sources.ts";
import { readTranscript } from "./transcript.ts";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname)
  .replace(/\/$/, "");
const KEY = "sk-secret-0123456789";
const ONLY = "as-out-of-range";

function requestOf(
  endpoint: string,
  room: string,
  told: string[],
): ForgeRequest {
  return {
    ...{ contract: "block", endpoint, model: "scripted", seed: 7, only: ONLY },
    keyFile: `${room}/key`,
    datasheet: "The device is a virtio disk.",
    out: `${room}/out`,
    ...{ attempts: 5, tokens: 10_000_000, minutes: 10, answerTokens: 4096 },
    resume: false,
    signal: new AbortController().signal,
    progress: (line) => told.push(line),
  };
}

Deno.test("forge: source that does not compile, then a defect, then green", async () => {
  const room = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${room}/key`, `${KEY}\n`);
  const sources = asFiles(rightSources());
  const wrong = sources.replace("return offset >", "return offzet >");
  const server = scripted([
    gives('{"error":{"message":"slow down"}}', 429, { "retry-after": "0" }),
    says(`Your key is ${KEY}.\n\n${wrong}`),
    says(planted("block.ts", "? Refusal.outOfRange()", "? Refusal.full()")),
    says(planted("block.ts", "Geometry(", "Geometry("), null),
  ]);
  const told: string[] = [];
  const request = requestOf(server.base, room, told);
  try {
    const forged = await forge(ROOT, request);
    strictEqual(forged.end, "green");
    strictEqual(forged.attempts, 3);
    strictEqual(forged.failed, 0);
    ok(forged.total > 1 && forged.tokens > 200);
    strictEqual(told.length, 4);
    ok(told[0]?.includes("busy") && told[1]?.includes("does not compile"));
    ok(told[2]?.includes("failed cases"), told[2]);
    const [, first, second, third] = server.asked;
    deepStrictEqual(
      server.asked.map(({ path, authorization }) => [path, authorization]),
      Array(4).fill(["/v1/chat/completions", `Bearer ${KEY}`]),
    );
    ok(first?.messages[1]?.content.includes("interface block {"));
    ok(first?.messages[1]?.content.includes("The device is a virtio disk."));
    ok(second?.messages.at(-1)?.content.includes("Cannot find name 'offzet'"));
    const failures = third?.messages.at(-1)?.content ?? "";
    for (const part of ["refusals/", "wit/hal/block/block.wit:", "evidence:"]) {
      ok(failures.includes(part), failures);
    }
    strictEqual(third?.messages.length, 4, "a question stays of one size");
    await left(request);
    const again = await forge(ROOT, { ...request, resume: true });
    strictEqual(again.end, "green");
    strictEqual(server.asked.length, 4, "nothing is asked after green");
  } finally {
    await server.stop();
    Deno.removeSync(room, { recursive: true });
  }
});

Deno.test("forge: the budget ends it, and it goes on from its transcript", async () => {
  const room = Deno.makeTempDirSync();
  Deno.writeTextFileSync(`${room}/key`, KEY);
  const server = scripted([
    says("I would rather not."),
    says("FILE ../../evil.ts\n```ts\nlet a = 1;\n```\n"),
    gives("{}", 429, { "retry-after": "999" }),
  ]);
  const told: string[] = [];
  const request = requestOf(server.base, room, told);
  const on = { ...request, resume: true };
  try {
    const first = await forge(ROOT, { ...request, attempts: 1 });
    deepStrictEqual([first.end, first.attempts], ["attempts", 1]);
    await rejects(forge(ROOT, request), { message: /is not empty/ });
    await rejects(forge(ROOT, { ...on, seed: 8 }), { message: /seed: 7/ });
    const second = await forge(ROOT, { ...on, tokens: 150 });
    deepStrictEqual([second.end, second.tokens], ["tokens", 200]);
    strictEqual(server.asked[1]?.max_tokens, 50, "what is left of the budget");
    ok(told[1]?.includes("is no file name"), told[1]);
    await rejects(forge(ROOT, on), { kind: "unavailable", fix: /--resume/ });
    strictEqual(server.asked.length, 3);
    const names = [...Deno.readDirSync(request.out)].map(({ name }) => name);
    deepStrictEqual(names.sort(), [
      "assembly",
      "transcript.jsonl",
      "world.wit",
    ]);
    deepStrictEqual([...Deno.readDirSync(`${request.out}/assembly`)], []);
  } finally {
    await server.stop();
    Deno.removeSync(room, { recursive: true });
  }
});

/** What a green end leaves, and that no file has the key. */
async function left({ out }: ForgeRequest): Promise<void> {
  const names = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
  deepStrictEqual(names, [
    ...["assembly", "driver.json", "driver.wasm", "report.html"],
    ...["report.json", "subject.ts", "transcript.jsonl", "world.wit"],
  ]);
  for (const [name, text] of rightSources()) {
    strictEqual(Deno.readTextFileSync(`${out}/assembly/${name}`), text);
  }
  const transcript = Deno.readTextFileSync(`${out}/transcript.jsonl`);
  ok(!transcript.includes(KEY) && transcript.includes("[the key]"));
  strictEqual(readTranscript(transcript).attempts.length, 3);
  const { subject } = await import(`file://${out}/subject.ts`);
  ok(isSubject(subject) && subject.contract === "block");
}
