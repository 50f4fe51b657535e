/** A node asked over HTTP answers as the node itself. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { type NodeApi, Refusal } from "../api.ts";
import { SimulatedNode } from "../http/simulated_node.ts";
import { identify } from "../http/simulated_record.ts";
import { type Bench, TEST_TOKEN, withServer } from "../http/testing.ts";
import { RemoteNode } from "./remote_node.ts";

const ALPHA = identify(new TextEncoder().encode("alpha"));
const DRAFT = new Uint8Array([
  ...[1, 0],
  ...[0, 1, 0, 0, 0, 0x78],
  ...[0, 1, 0, 0, 0, 0x79],
  ...[0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
]);

/** Every question, in an order that leaves the same state behind. */
const QUESTIONS: ReadonlyArray<
  readonly [string, (api: NodeApi) => Effect.Effect<unknown, unknown>]
> = [
  ["link", (api) => api.link([{ from: { text: "alpha" }, to: { text: "é" } }])],
  ["draft", (api) => api.submitDraft(DRAFT, { key: "k", value: "a b&c=ü" })],
  ["draft without bookmark", (api) => api.submitDraft(DRAFT)],
  ["recall", (api) => api.recall("k")],
  ["recall nothing", (api) => api.recall("none")],
  ["malformed draft", (api) => Effect.flip(api.submitDraft(new Uint8Array(3)))],
  ["signed garbage", (api) => Effect.flip(api.submitSigned(DRAFT))],
  ["resolve", (api) => api.resolve("a+b &=é")],
  ["particle", (api) => api.particle(ALPHA)],
  [
    "unknown particle",
    (api) => Effect.flip(api.particle("01" + "0".repeat(64))),
  ],
  ["content", (api) => api.content(ALPHA, 1, 3)],
  ["no content", (api) => api.content(ALPHA, 0, 0)],
  ["links", (api) => api.links(ALPHA, "out", 1)],
  ["top", (api) => api.top(3)],
  ["status", (api) => api.rankStatus()],
  ["explain", (api) => api.explain(ALPHA, 1)],
  ["explain from", (api) => api.explain(ALPHA, 1, [ALPHA])],
  [
    "unknown explained",
    (api) => Effect.flip(api.explain("01" + "0".repeat(64), 1)),
  ],
  ["history", (api) => api.history(ALPHA, 2)],
  ["from", (api) => api.focusFrom([ALPHA], 2, ALPHA)],
  [
    "from an unknown",
    (api) => Effect.flip(api.focusFrom(["01" + "0".repeat(64)], 1)),
  ],
  ["karma", (api) => api.karma(3, ALPHA)],
  ["finality", (api) => api.finality(ALPHA, { among: [ALPHA] }, 1.25)],
  ["spectrum", (api) => api.spectrum([ALPHA])],
  ["no positions", (api) => api.spectrum([])],
  ["search", (api) => api.search("al ph", 3)],
  ["propose", (api) => api.propose("{}", new Uint8Array([1, 2]))],
  ["dry run", (api) => api.dryRun("{}", new Uint8Array([1, 2]))],
  ["proposals", (api) => api.proposals()],
  ["unknown proposal", (api) => Effect.flip(api.proposal("nope"))],
  ["health", (api) => api.health()],
  ["cells", (api) => api.cells()],
];

function remoteOf({ server }: Bench): RemoteNode {
  return new RemoteNode({ url: server.url, token: TEST_TOKEN });
}

/** What a client sees: absent and undefined are one. */
function plain(value: unknown): unknown {
  if (value instanceof Refusal) return { kind: value.kind, is: value.message };
  if (value instanceof Uint8Array) return [...value];
  return value === undefined ? null : JSON.parse(JSON.stringify(value));
}

Deno.test("remote: every question has the answer of the node itself", () =>
  withServer(async (bench) => {
    const local = new SimulatedNode();
    const remote = remoteOf(bench);
    for (const [name, ask] of QUESTIONS) {
      const near = plain(await Effect.runPromise(ask(local)));
      const far = plain(await Effect.runPromise(ask(remote)));
      deepStrictEqual(far, near, name);
    }
    ok((await Effect.runPromise(remote.metrics())).includes("karyon_links"));
  }));

Deno.test("remote: every kind of refusal survives the way", () =>
  withServer(async (bench) => {
    const kinds: ReadonlyArray<Refusal["kind"]> = [
      "invalid",
      "unauthorised",
      "not-found",
      "conflict",
      "too-large",
      "too-many",
      "full",
      "unavailable",
      "failed",
    ];
    for (const kind of kinds) {
      bench.node.refuse = new Refusal({ kind, message: "why", fix: "how" });
      const refusal = await Effect.runPromise(
        Effect.flip(remoteOf(bench).cells()),
      );
      deepStrictEqual([refusal.kind, refusal.message, refusal.fix], [
        kind,
        "why",
        "how",
      ]);
    }
  }));

Deno.test("remote: without the token an import is refused", () =>
  withServer(async ({ server }) => {
    const stranger = new RemoteNode({ url: server.url });
    const refusal = await Effect.runPromise(
      Effect.flip(stranger.submitDraft(DRAFT)),
    );
    strictEqual(refusal.kind, "unauthorised");
  }));

Deno.test("remote: no node, a late node and something else", async () => {
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    () => new Response("<html>hello</html>"),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  const ask = (answer_ms?: number) =>
    Effect.runPromise(Effect.flip(
      new RemoteNode(answer_ms === undefined ? { url } : { url, answer_ms })
        .cells(),
    ));
  const other = await ask();
  strictEqual(other.kind, "failed");
  ok(other.message.includes("not one of a Karyon node"));
  await server.shutdown();
  const none = await ask();
  strictEqual(none.kind, "unavailable");
  ok(none.message.includes("no node answers"));
  await withServer(async (bench) => {
    bench.node.delay_ms = 300;
    const late = await Effect.runPromise(Effect.flip(
      new RemoteNode({ url: bench.server.url, answer_ms: 30 }).cells(),
    ));
    strictEqual(late.kind, "unavailable");
    ok(late.message.includes("in time"));
  });
});
