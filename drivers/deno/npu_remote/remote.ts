/**
 * Models on a server of the Open Inference Protocol v2, on the driver's own thread.
 *
 * `load` takes a name as text, `oip:NAME` or `oip:NAME/VERSION`, of a model that
 * the server has; or an ONNX file, where the server can be brought one (Triton's
 * `model_repository` extension). What a model takes and gives is the file's word,
 * or else the server's.
 */
import type {
  Launch,
  Limits,
  Model,
  Tensor,
} from "../../../hal/npu_contract.ts";
import { type AsyncNpu, NpuRejected } from "../../../hal/npu/link.ts";
import { refuseWholeDivision } from "../../../hal/npu/onnxruntime/whole_division.ts";
import { readModel } from "../../../hal/npu/onnx/model.ts";
import { type About, aboutOf, modelOf, tensorsOf } from "./answers.ts";
import { Server, type ServerOptions } from "./server.ts";
import { DATATYPES, jsonOf } from "./tensors.ts";

const SCHEME = "oip:";
const NAME_OCTETS_MAX = 1024;
/** Octets of JSON for one octet of a tensor, at most: `false,`. */
const JSON_EXCESS = 6;

interface Placed {
  /** Of the model, or of one version of it. */
  readonly path: string;
  /** It was brought there, and is taken away again. */
  readonly own?: string;
}

export class Remote implements AsyncNpu {
  readonly name: string;
  readonly #server: Server;
  readonly #about: About;
  readonly #limits: Limits;
  readonly #placed = new Map<bigint, Placed>();
  /** Nobody else's models are called so. */
  readonly #prefix = `karyon-${crypto.randomUUID()}`;

  private constructor(server: Server, about: About, limits: Limits) {
    this.#server = server;
    this.#about = about;
    this.#limits = limits;
    this.name = about.name;
  }

  /** Rejects where the server is not there or not ready. */
  static async open(options: ServerOptions, limits: Limits): Promise<Remote> {
    const server = new Server(options);
    await server.ask("/v2/health/ready");
    const { json } = await server.ask("/v2");
    return new Remote(server, aboutOf(json), limits);
  }

  async describe(octets: Uint8Array): Promise<Model | undefined> {
    const path = namedPath(octets);
    if (path === undefined) return undefined;
    const { json } = await this.#server.ask(path);
    return modelOf(json, this.#limits);
  }

  async load(name: bigint, octets: Uint8Array): Promise<void> {
    const path = namedPath(octets);
    if (path !== undefined) {
      await this.#server.ask(`${path}/ready`);
      return void this.#placed.set(name, { path });
    }
    if (!this.#about.repository) {
      throw new NpuRejected(
        `${this.name} takes no model from here; name one of its own: ${SCHEME}NAME`,
      );
    }
    // Most servers stand on onnxruntime, and one model must not end them.
    refuseWholeDivision(readModel(octets).graph);
    const own = `${this.#prefix}-${name}`;
    const parameters = {
      config: JSON.stringify({ backend: "onnxruntime" }),
      "file:1/model.onnx": octets.toBase64(),
    };
    await this.#server.ask(
      `/v2/repository/models/${own}/load`,
      JSON.stringify({ parameters }),
    );
    this.#placed.set(name, { path: `/v2/models/${own}`, own });
  }

  unload(name: bigint): void {
    const own = this.#placed.get(name)?.own;
    this.#placed.delete(name);
    if (own === undefined) return;
    // Whoever asks next finds out if the server is gone.
    void this.#server.ask(`/v2/repository/models/${own}/unload`, "{}")
      .catch(() => {});
  }

  async run({ model, inputs, outputs }: Launch): Promise<Tensor[]> {
    const placed = this.#placed.get(model);
    if (placed === undefined) throw new NpuRejected("there is no such model");
    const { binary } = this.#about;
    const head = inputs.map((tensor) => inputOf(tensor, binary)).join(",");
    const tail = JSON.stringify(outputs.map((name) => ({
      name,
      ...(binary && { parameters: { binary_data: true } }),
    })));
    const json = `{"inputs":[${head}],"outputs":${tail}}`;
    const octets = inputs.map(({ octets }) => octets);
    const { transferMax } = this.#limits;
    const answer = await this.#server.ask(
      `${placed.path}/infer`,
      binary ? [json, ...octets] : json,
      binary ? transferMax : JSON_EXCESS * transferMax,
    );
    return tensorsOf(answer, outputs);
  }
}

function inputOf(tensor: Tensor, binary: boolean): string {
  const { name, element, shape, octets } = tensor;
  const head = { name, datatype: DATATYPES[element], shape: [...shape] };
  if (!binary) {
    const text = JSON.stringify(head).slice(0, -1);
    return `${text},"data":${jsonOf(tensor)}}`;
  }
  const parameters = { binary_data_size: octets.length };
  return JSON.stringify({ ...head, parameters });
}

/** The path of a model that is named; undefined where the octets name none. */
function namedPath(octets: Uint8Array): string | undefined {
  if (octets.length > NAME_OCTETS_MAX) return undefined;
  const text = new TextDecoder().decode(octets);
  if (!text.startsWith(SCHEME)) return undefined;
  const [name = "", version, ...more] = text.slice(SCHEME.length).split("/");
  const parts = [name, version ?? "1"];
  if (more.length > 0 || parts.some((part) => /^\.{0,2}$/.test(part))) {
    throw new NpuRejected(`${SCHEME}NAME or ${SCHEME}NAME/VERSION is wanted`);
  }
  const path = `/v2/models/${encodeURIComponent(name)}`;
  return version === undefined
    ? path
    : `${path}/versions/${encodeURIComponent(version)}`;
}
