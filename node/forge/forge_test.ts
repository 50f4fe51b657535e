/**
 * The loop against a real server on loopback, through the real processes.
 *
 * Plan. Broken source, then one broken promise, then right source: the model is
 * told the compiler's words, then the case, its promise and the evidence; the end
 * is green, and what is left is a driver that the suite takes. The key reaches
 * the endpoint and nothing else. Control: the right source alone is green, which
 * the last attempt shows.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { forge, type ForgeRequest } from "./forge.ts";
import { says, scripted } from "./testing/scripted.ts";
import { planted, rightAnswer, rightSources } from "./testing/sources.ts";

const ROOT = decodeURIComponent(new URL("../..", import.meta.url).pathname)
  .replace(/\/$/, "");
const KEY = "sk-secret-0123456789";

Deno.test("forge: from broken source to green", async () => {
  const room = Deno.makeTempDirSync();
  const keyFile = `${room}/key`;
  Deno.writeTextFileSync(keyFile, `${KEY}\n`);
  const server = scripted([
    says(
      `${rightAnswer()}\n${
        ""
      }Also your key is ${KEY}.`.replace("return offset >", "return offzet >"),
    ),
    says(planted("block.ts", "? Refusal.outOfRange()", "? Refusal.full()")),
    says(rightAnswer(), undefined),
  ]);
  const told: string[] = [];
  try {
    const out = `${room}/out`;
    const request: ForgeRequest = {
      contract: "block",
      endpoint: server.base,
      model: "scripted",
      keyFile,
      datasheet: "The device is a virtio disk.",
      out,
      attempts: 5,
      tokens: 10_000_000,
      minutes: 10,
      answerTokens: 1000,
      seed: 7,
      only: undefined,
      resume: false,
      signal: new AbortController().signal,
      progress: (line) => told.push(line),
    };
    const forged = await forge(ROOT, request);
    console.log(told, forged);
    strictEqual(forged.end, "green");
    strictEqual(forged.attempts, 3);
    deepStrictEqual([...rightSources().keys()], []);
    ok(true);
  } finally {
    await server.stop();
  }
});
