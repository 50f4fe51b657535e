/**
 * A server elsewhere, by the Open Inference Protocol.
 *
 * Plan: the whole suite on a server over onnxruntime; the thread reaches its server
 * and nothing else; models by name, from metadata; servers without octets, without
 * a repository; answers that are none; a server that is silent or goes away.
 */
import {
  deepStrictEqual,
  match,
  ok,
  strictEqual,
  throws,
} from "node:assert/strict";
import {
  ADD,
  completions,
  f32,
  floats,
  i64,
  launch,
  type NpuFixture,
  outcomeOf,
  pair,
  rejected,
  run,
  submit,
  wholes,
  works,
} from "../../../conformance/hal/npu/case.ts";
import { INT64, single } from "../../../conformance/hal/npu/encode.ts";
import { npuSuite } from "../../../conformance/hal/npu/npu_suite.ts";
import { checkReach } from "../../../hal/hosted/testing/reach.ts";
import type { HostedNpu } from "../../../hal/hosted/npu_host.ts";
import type { Work } from "../../../hal/npu_contract.ts";
import { openRemoteNpu, startThread } from "./open.ts";
import { subject } from "./testing/fixture.ts";
import { Peer } from "./testing/peer.ts";
import type { Instead, Order } from "./testing/peer_worker.ts";

npuSuite("deno/npu-remote", subject);

const WHOLE = single("Add", [
  { name: "a", type: INT64, shape: ["n"] },
  { name: "b", type: INT64, shape: ["n"] },
], { type: INT64, shape: ["n"] });
const MODELS = { add: ADD, "whole sums": WHOLE };
const PATIENT_MS = 60_000;

const named = (name: string): Work => ({
  tag: "load",
  val: new TextEncoder().encode(`oip:${name}`),
});

interface Rig {
  readonly peer: Peer;
  readonly hosted: HostedNpu;
  readonly fixture: NpuFixture;
}

/** Runs with a server and the driver on it. */
async function using(
  order: Order,
  body: (rig: Rig) => void | Promise<void>,
  answerMs = PATIENT_MS,
): Promise<void> {
  const peer = await Peer.start({ models: MODELS, ...order });
  const hosted = openRemoteNpu(peer.address, { answerMs });
  try {
    await body({ peer, hosted, fixture: { npu: hosted.npu, dispose() {} } });
  } finally {
    hosted.close();
    peer.stop();
  }
}

function byName(fixture: NpuFixture, name: string): bigint {
  const outcome = outcomeOf(fixture, named(name));
  ok(outcome.tag === "made", JSON.stringify(outcome.tag));
  return outcome.val;
}

Deno.test("deno/npu-remote: its thread reaches its server only", async () => {
  const peer = await Peer.start();
  const reach = new URL("testing/reach_worker.ts", import.meta.url);
  await checkReach(startThread(reach, peer.address), peer.address);
  peer.stop();
});

Deno.test("deno/npu-remote: models by name, as the server describes them", async () => {
  await using({ extensions: ["binary_tensor_data"] }, ({ fixture }) => {
    const { npu } = fixture;
    match(npu.describe().name, /Karyon's peer 1/);
    const add = byName(fixture, "add");
    works(fixture, add);
    const port = { element: "float32", shape: [{ tag: "symbolic", val: "" }] };
    deepStrictEqual(npu.inspect(add), {
      tag: "ok",
      val: {
        inputs: [{ name: "a", ...port }, { name: "b", ...port }],
        outputs: [{ name: "y", ...port }],
      },
    });
    works(fixture, byName(fixture, "add/1"));
    rejected(fixture, named("none"), /404.*none/);
    for (const wrong of ["", "add/", "add/1/2", "../add"]) {
      rejected(fixture, named(wrong));
    }
    rejected(fixture, { tag: "load", val: ADD }, /takes no model/);
    strictEqual(npu.unload(add).tag, "ok");
    works(fixture, byName(fixture, "add"));
  });
});

Deno.test("deno/npu-remote: a server that knows JSON only", async () => {
  await using({ extensions: [] }, ({ fixture }) => {
    const add = byName(fixture, "add");
    works(fixture, add);
    const odd = [0.1, -0, 3.4e38, 1.4e-45];
    const [y] = run(fixture, add, pair(odd, [0, -0, 0, 0]));
    const want = [...Float32Array.from(odd)];
    deepStrictEqual(floats(y), want);
    rejected(fixture, launch(add, pair([Infinity], [0])), /Infinity/);
    const sums = byName(fixture, "whole sums");
    const large = [2n ** 63n - 1n, -(2n ** 63n), 2n ** 53n + 1n];
    const zeros = i64("b", [3], [0n, 0n, 0n]);
    const [z] = run(fixture, sums, [i64("a", [3], large), zeros]);
    deepStrictEqual(wholes(z), large);
  });
});

const text = (value: string) => new TextEncoder().encode(value);
const output = (more: Record<string, unknown>, behind = "") => {
  const whole = { name: "y", datatype: "FP32", shape: [2], ...more };
  const json = JSON.stringify({ outputs: [whole] });
  const header = { "inference-header-content-length": `${json.length}` };
  return { headers: header, body: text(json + behind) };
};
const octets = { parameters: { binary_data_size: 8 } };

/** What a server may say to a run; none of it is an answer. */
const WRONG: Readonly<Record<string, Partial<Instead>>> = {
  "nothing": { body: text("") },
  "no JSON": { body: text("<html>") },
  "a list": { body: text("[]") },
  "no outputs": { body: text("{}") },
  "outputs that are none": { body: text('{"outputs":[1]}') },
  "another output": output({ name: "z", data: [1, 2] }),
  "an output twice": {
    body: text(
      '{"outputs":[{"name":"y","datatype":"FP32","shape":[1],"data":[1]},' +
        '{"name":"y","datatype":"FP32","shape":[1],"data":[1]}]}',
    ),
  },
  "a type that is not taken": output({ datatype: "BYTES", data: ["a", "b"] }),
  "a type of the prototype": output({ datatype: "constructor", data: [1, 2] }),
  "fewer values": output({ data: [1] }),
  "texts": output({ data: ["1", "2"] }),
  "a length below zero": output({ shape: [-2], data: [] }),
  "a shape beyond memory": output({ shape: [4e9, 4e9], ...octets }, "12345678"),
  "fewer octets": output(octets, "1234"),
  "more octets": output(octets, "123456789"),
  "octets of another shape": output({ shape: [3], ...octets }, "12345678"),
  "a header beyond the end": {
    headers: { "inference-header-content-length": "99" },
    body: text("{}"),
  },
  "a header that is no number": {
    headers: { "inference-header-content-length": "x" },
    body: text("{}"),
  },
  "a failure": { status: 500, body: text('{"error":"out of memory"}') },
};

Deno.test("deno/npu-remote: what is no answer has failed, and it works on", async () => {
  await using({}, async ({ peer, fixture }) => {
    const add = byName(fixture, "add");
    for (const [what, wrong] of Object.entries(WRONG)) {
      const instead = { path: "infer", status: 200, body: text(""), ...wrong };
      await peer.tell({ instead });
      const outcome = outcomeOf(fixture, launch(add, pair([1, 2], [3, 4])));
      strictEqual(outcome.tag, "failed", what);
      strictEqual(fixture.npu.health().tag, "degraded", what);
      await peer.tell({});
      works(fixture, add);
      strictEqual(fixture.npu.health().tag, "ok");
    }
    const instead = { path: "infer", status: 400, body: text("too many") };
    await peer.tell({ instead });
    rejected(fixture, launch(add, pair([1], [2])), /400: too many/);
    const endless = {
      path: "infer",
      status: 200,
      body: new Uint8Array(1 << 20),
    };
    await peer.tell({ instead: { ...endless, times: 64 } });
    rejected(fixture, launch(add, pair([1], [2])), /too long/);
    await peer.tell({
      instead: { ...instead, ...output({ data: [1, 2] }), status: 200 },
    });
    // An answer, but not to these inputs: the server's shape is not the model's.
    const [y] = run(fixture, add, [
      f32("a", [2], [1, 2]),
      f32("b", [2], [1, 2]),
    ]);
    deepStrictEqual(floats(y), [1, 2]);
  });
});

Deno.test("deno/npu-remote: descriptions that are none are not taken", async () => {
  const port = { name: "a", datatype: "FP32", shape: [2] };
  const model = { inputs: [port], outputs: [{ ...port, name: "y" }] };
  const wrong: readonly unknown[] = [
    {},
    [],
    { ...model, outputs: [] },
    { ...model, inputs: [{ ...port, datatype: "FP16" }] },
    { ...model, inputs: [{ ...port, shape: [-2] }] },
    { ...model, inputs: [{ ...port, shape: new Array(9).fill(1) }] },
    { ...model, inputs: [{ ...port, name: "" }] },
    { ...model, inputs: [port, port] },
    {
      ...model,
      inputs: new Array(99).fill(0).map((_, at) => ({
        ...port,
        name: `${at}`,
      })),
    },
    { ...model, outputs: [{ ...port, name: "y".repeat(9000) }] },
  ];
  await using({}, async ({ peer, fixture }) => {
    for (const json of [model, ...wrong]) {
      const body = text(JSON.stringify(json));
      await peer.tell({ instead: { path: "/add", status: 200, body } });
      const { tag } = outcomeOf(fixture, named("add"));
      const want = json === model ? ["made"] : ["failed", "rejected"];
      ok(want.includes(tag), `${tag}: ${JSON.stringify(json).slice(0, 200)}`);
    }
  });
});

Deno.test("deno/npu-remote: a server that goes away is gone, and so is the driver", async () => {
  await using({}, async ({ peer, hosted, fixture }) => {
    const add = byName(fixture, "add");
    await peer.tell({ silent: "infer" });
    const asked = launch(add, pair([1], [2]));
    const tickets = [submit(fixture, asked), submit(fixture, asked)];
    peer.stop();
    const all = completions(fixture, 2);
    for (const ticket of tickets) strictEqual(all.get(ticket)?.tag, "gone");
    strictEqual(hosted.npu.health().tag, "failed");
    const answer = hosted.npu.submit(asked, 1000n);
    deepStrictEqual(answer, { tag: "err", val: { tag: "gone" } });
    throws(() => openRemoteNpu(peer.address), { name: "NpuNotOpened" });
  });
});

Deno.test("deno/npu-remote: a server that is silent is not opened, after its time", async () => {
  const peer = await Peer.start({ silent: "ready" });
  throws(() => openRemoteNpu(peer.address, { answerMs: 500 }), {
    name: "NpuNotOpened",
    message: /silent for 500 ms/,
  });
  peer.stop();
});

Deno.test("deno/npu-remote: addresses that are none are refused", () => {
  for (const address of ["", "localhost:1", "ftp://a:1", "http://a:1/x"]) {
    throws(() => openRemoteNpu(address), { name: "NpuNotOpened" });
  }
});
