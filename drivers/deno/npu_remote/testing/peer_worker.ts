/**
 * A server of the Open Inference Protocol v2 over onnxruntime-node, for tests.
 *
 * It has what the driver needs of the protocol: health, metadata of server and
 * models, inference with tensors as octets or as JSON, and bringing models by the
 * `model_repository` extension. A test can have it hide extensions, be silent, or
 * say something else in place of its answers.
 */
import { createRequire } from "node:module";
import type { Model, Tensor } from "../../../../hal/npu_contract.ts";
import { describedBy } from "../../../../hal/npu/carry_out.ts";
import { OnnxRuntime } from "../../../../hal/npu/onnxruntime/runtime.ts";
import {
  DATATYPES,
  ELEMENTS,
  jsonOf,
  octetsOfJson,
  parsed,
} from "../tensors.ts";

/** What a test tells it. */
export interface Order {
  readonly listen?: true;
  /** Extensions that it says it has; all unless said otherwise. */
  readonly extensions?: readonly string[];
  /** Models that it has from the beginning. */
  readonly models?: Readonly<Record<string, Uint8Array>>;
  /** Takes requests whose path ends so, and never answers them. */
  readonly silent?: string;
  /** What it says to those whose path ends so; `undefined`: the truth again. */
  readonly instead?: Instead | undefined;
}

export interface Instead {
  readonly path: string;
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** As often as this: an answer that never ends, nearly. */
  readonly times?: number;
}

const LIMITS = {
  modelMax: 1 << 24,
  modelsMax: 64,
  transferMax: 1 << 24,
  tensorsMax: 64,
  rankMax: 16,
  inFlightMax: 1,
};
const HEADER = "inference-header-content-length";
const library = new URL("../../npu_onnxruntime/library/", import.meta.url);

let runtime: OnnxRuntime | undefined;
const models = new Map<
  string,
  { readonly key: bigint; readonly model: Model }
>();
let keys = 0n;
let extensions = ["binary_tensor_data", "model_repository"];
let silent: string | undefined;
let instead: Instead | undefined;

async function place(name: string, octets: Uint8Array): Promise<void> {
  const model = describedBy(octets, LIMITS);
  keys += 1n;
  await runtime?.load(keys, octets);
  models.set(name, { key: keys, model });
}

const ports = (all: Model["inputs"]) =>
  all.map(({ name, element, shape }) => ({
    name,
    datatype: DATATYPES[element],
    shape: shape.map(({ tag, val }) => tag === "fixed" ? val : -1),
  }));

interface Sent {
  readonly name: string;
  readonly datatype: string;
  readonly shape: number[];
  readonly data?: unknown;
  readonly parameters?: { readonly binary_data_size?: number };
}

interface Asked {
  readonly inputs: readonly Sent[];
  readonly outputs: ReadonlyArray<{
    readonly name: string;
    readonly parameters?: { readonly binary_data?: boolean };
  }>;
}

async function infer(name: string, request: Request): Promise<Response> {
  const found = models.get(name);
  if (found === undefined || runtime === undefined) {
    return fault(404, "unknown");
  }
  const whole = new Uint8Array(await request.arrayBuffer());
  let at = Number(request.headers.get(HEADER) ?? whole.length);
  const text = new TextDecoder().decode(whole.subarray(0, at));
  const { inputs, outputs } = parsed(text) as Asked;
  const tensors = inputs.map(({ name, datatype, shape, data, parameters }) => {
    const element = ELEMENTS.get(datatype) ?? "float32";
    const size = parameters?.binary_data_size;
    const octets = size === undefined
      ? octetsOfJson(data, element, shape)
      : whole.slice(at, at += size);
    return { name, element, shape: Uint32Array.from(shape), octets };
  });
  const names = outputs.map(({ name }) => name);
  const given = await runtime.run({
    model: found.key,
    inputs: tensors,
    outputs: names,
  });
  return answered(given, outputs.some((one) => one.parameters?.binary_data));
}

function answered(given: readonly Tensor[], binary: boolean): Response {
  const parts = given.map((tensor) => {
    const { name, element, shape, octets } = tensor;
    const datatype = DATATYPES[element];
    const head = { name, datatype, shape: [...shape] };
    if (!binary) {
      return `${JSON.stringify(head).slice(0, -1)},"data":${jsonOf(tensor)}}`;
    }
    const parameters = { binary_data_size: octets.length };
    return JSON.stringify({ ...head, parameters });
  });
  const json = new TextEncoder().encode(`{"outputs":[${parts.join(",")}]}`);
  const octets = binary ? given.map((one) => new Uint8Array(one.octets)) : [];
  return new Response(new Blob([json, ...octets]), {
    headers: binary ? { [HEADER]: String(json.length) } : {},
  });
}

const fault = (status: number, error: string) =>
  Response.json({ error }, { status });

async function answer(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/v2") {
    return Response.json({ name: "Karyon's peer", version: "1", extensions });
  }
  if (pathname === "/v2/health/ready") return new Response();
  const [, place_, encoded = "", act] =
    /^\/v2\/(models|repository\/models)\/([^/]+)(?:\/versions\/1)?(?:\/(\w+))?$/
      .exec(pathname) ?? [];
  const name = decodeURIComponent(encoded);
  if (place_ === "repository/models" && act === "load") {
    const { parameters } = await request.json();
    await place(name, Uint8Array.fromBase64(parameters["file:1/model.onnx"]));
    return Response.json({});
  }
  const found = models.get(name);
  if (found === undefined) return fault(404, `there is no model ${name}`);
  if (place_ === "repository/models" && act === "unload") {
    models.delete(name);
    runtime?.unload(found.key);
    return Response.json({});
  }
  if (act === "ready") return new Response();
  if (act === "infer") return await infer(name, request);
  const { inputs, outputs } = found.model;
  return Response.json({
    name,
    platform: "onnxruntime_onnx",
    inputs: ports(inputs),
    outputs: ports(outputs),
  });
}

async function handle(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (silent !== undefined && pathname.endsWith(silent)) {
    return await new Promise(() => {});
  }
  if (instead !== undefined && pathname.endsWith(instead.path)) {
    const { status, headers, body, times = 1 } = instead;
    const own = new Uint8Array(body);
    return new Response(new Blob(new Array(times).fill(own)), {
      status,
      headers: { ...headers },
    });
  }
  try {
    return await answer(request);
  } catch (error) {
    return fault(400, error instanceof Error ? error.message : String(error));
  }
}

/** A worker's scope; the window's types do not know it. */
const scope = globalThis as typeof globalThis & {
  postMessage(told: number | string): void;
};
let port = 0;

async function obey(order: Order): Promise<void> {
  silent = order.silent;
  instead = order.instead;
  if (order.extensions !== undefined) extensions = [...order.extensions];
  if (order.listen === true) {
    const require = createRequire(library);
    runtime = new OnnxRuntime(require("onnxruntime-node"), "cpu");
    const server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      handle,
    );
    port = server.addr.port;
  }
  for (const [name, octets] of Object.entries(order.models ?? {})) {
    await place(name, octets);
  }
}

addEventListener("message", (event) => {
  if (!(event instanceof MessageEvent)) return;
  obey(event.data).then(
    () => scope.postMessage(port),
    (error: unknown) => scope.postMessage(String(error)),
  );
});
