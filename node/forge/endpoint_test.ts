/** Whatever an endpoint answers: bounded, decoded or refused, without the key. */
import { ok, strictEqual } from "node:assert/strict";
import { askEndpoint, type Reply } from "./endpoint.ts";
import { keyIn } from "./ask_process.ts";
import { RESPONSE_OCTETS_MAX } from "./limits.ts";
import { gives, says, scripted, type Turn } from "./testing/scripted.ts";

const KEY = "sk-secret-0123456789";

async function ask(turn: Turn): Promise<Reply> {
  const server = scripted([turn]);
  try {
    const question = {
      ...{ base: server.base, model: "m", messages: [], tokensMax: 9 },
      withinMs: 60_000,
    };
    return await askEndpoint(question, KEY);
  } finally {
    await server.stop();
  }
}

const rows: ReadonlyArray<
  readonly [string, Turn, Reply["kind"], (reply: Reply) => void]
> = [
  ["control: an answer", says("hello", 7), "answer", (reply) => {
    ok(reply.kind === "answer" && reply.text === "hello");
    strictEqual(reply.tokens, 7);
  }],
  ["an answer that names no tokens", says("x".repeat(400), null), "answer", (
    reply,
  ) => ok(reply.kind === "answer" && reply.isEstimate && reply.tokens >= 100)],
  ["the key, said back", says(`it is ${KEY}`), "answer", () => {}],
  ["not JSON", gives("<html>", 200), "failed", has("no chat completion")],
  ["JSON of another kind", gives("[1,2]", 200), "failed", has("OpenAI")],
  [
    "a text that is none",
    gives('{"choices":[{"message":{"content":3}}]}', 200),
    "failed",
    has("no chat completion"),
  ],
  [
    "no such key",
    gives(`{"error":{"message":"bad ${KEY}"}}`, 401),
    "failed",
    has("--key-file"),
  ],
  [
    "the key at the cut of a long reason",
    gives("y".repeat(295) + KEY, 400),
    "failed",
    (reply) => ok(!JSON.stringify(reply).includes("sk-")),
  ],
  [
    "the key, escaped",
    gives(
      `{"error":{"message":"${"z".repeat(290)}\\u0073k-secret-0123456789"}}`,
      400,
    ),
    "failed",
    (reply) => ok(!JSON.stringify(reply).includes("sk-")),
  ],
  ["no such model", gives("{}", 404), "failed", has("--model")],
  [
    "another address",
    gives("", 302, { location: "http://127.0.0.1:1/" }),
    "failed",
    has("leads elsewhere"),
  ],
  [
    "too many questions",
    gives("{}", 429, { "retry-after": "17" }),
    "busy",
    (reply) => ok(reply.kind === "busy" && reply.afterMs === 17_000),
  ],
  [
    "a fault of its own",
    gives("{}", 500),
    "busy",
    (reply) => ok(reply.kind === "busy" && reply.afterMs === undefined),
  ],
  [
    "escape sequences",
    gives("\x1b]0;hi\x07", 400),
    "failed",
    (reply) =>
      ok(
        reply.kind === "failed" && reply.reason.includes("]0;hi") &&
          !reply.reason.includes("\x1b"),
      ),
  ],
  [
    "a response of 100 MB",
    endless(100_000_000),
    "failed",
    has(`over ${RESPONSE_OCTETS_MAX}`),
  ],
];

for (const [name, turn, kind, check] of rows) {
  Deno.test(`forge endpoint: ${name}`, async () => {
    const reply = await ask(turn);
    strictEqual(reply.kind, kind, JSON.stringify(reply));
    ok(!JSON.stringify(reply).includes(KEY), "the key");
    check(reply);
  });
}

Deno.test("forge endpoint: nobody is there", async () => {
  const server = scripted([]);
  await server.stop();
  const reply = await askEndpoint({
    ...{ base: server.base, model: "m", messages: [], tokensMax: 9 },
    withinMs: 60_000,
  }, KEY);
  ok(reply.kind === "failed" && reply.reason.includes("cannot be reached"));
});

Deno.test("forge endpoint: what a key file may hold", () => {
  const key = (text: string) => keyIn(new TextEncoder().encode(text));
  strictEqual(key(`${KEY}\n`), KEY);
  for (const text of ["", "short", "two words", "a\nb", "x".repeat(5000)]) {
    strictEqual(key(text), undefined, text);
  }
});

function has(part: string): (reply: Reply) => void {
  return (reply) => ok(JSON.stringify(reply).includes(part));
}

/** A response that goes on as long as somebody reads. */
function endless(octets: number): Turn {
  return () => {
    let sent = 0;
    const piece = new Uint8Array(65_536).fill(0x20);
    return new Response(
      new ReadableStream({
        pull(controller) {
          if (sent >= octets) return controller.close();
          sent += piece.length;
          controller.enqueue(piece);
        },
      }),
    );
  };
}
