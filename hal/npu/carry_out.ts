/**
 * One request on the driver's side: read the model, carry it out, check its word.
 *
 * What a model takes and gives is read here for all drivers; what a run gives is
 * held against it, so that a caller gets what `inspect` said or `rejected`.
 */
import type { Launch, Limits, Model, Tensor, Work } from "../npu_contract.ts";
import { asked } from "./checks.ts";
import { type AsyncNpu, type Ended, NpuGone, NpuRejected } from "./link.ts";
import { BadModel } from "./onnx/wire.ts";
import { readModel } from "./onnx/model.ts";
import { interfaceOf } from "./onnx/interface.ts";
import { misfit, type Symbols } from "./tensors.ts";

/** What the file says that it takes and gives. `BadModel` where it is none. */
export function describedBy(octets: Uint8Array, limits: Limits): Model {
  return interfaceOf(readModel(octets), limits);
}

/** The tensors, if they are what the model says. `NpuRejected` otherwise. */
export function checked(
  tensors: Tensor[],
  { inputs, outputs }: Launch,
  model: Model,
  { transferMax }: Limits,
): Ended {
  const ports = asked(model, outputs);
  const symbols: Symbols = new Map();
  misfit(model.inputs, inputs, symbols);
  const wrong = typeof ports === "string"
    ? ports
    : misfit(ports, tensors, symbols);
  if (wrong !== undefined) {
    throw new NpuRejected(`the output ${wrong} is not what the model says`);
  }
  const octets = tensors.reduce((sum, one) => sum + one.octets.length, 0);
  if (octets > transferMax) {
    throw new NpuRejected(`the outputs have ${octets} octets: transfer-max`);
  }
  return { outcome: { tag: "tensors", val: tensors } };
}

/** What an error says of its request. */
export function endedBy(error: unknown): Ended {
  const rejected = error instanceof NpuRejected || error instanceof BadModel;
  const text = error instanceof Error ? error.message : String(error);
  const val = text || "the driver failed";
  return { outcome: { tag: rejected ? "rejected" : "failed", val } };
}

export class Models {
  readonly #npu: AsyncNpu;
  readonly #limits: Limits;
  readonly #models = new Map<bigint, Model>();

  constructor(npu: AsyncNpu, limits: Limits) {
    this.#npu = npu;
    this.#limits = limits;
  }

  unload(name: bigint): void {
    this.#models.delete(name);
    this.#npu.unload(name);
  }

  /** What it makes is called `name`. Throws `NpuGone`, and nothing else. */
  async carryOut(name: bigint, work: Work): Promise<Ended> {
    try {
      if (work.tag === "run") return await this.#run(work.val);
      const model = await this.#npu.describe?.(work.val) ??
        describedBy(work.val, this.#limits);
      await this.#npu.load(name, work.val, model);
      this.#models.set(name, model);
      return { outcome: { tag: "made", val: name }, model };
    } catch (error) {
      if (error instanceof NpuGone) throw error;
      return endedBy(error);
    }
  }

  async #run(launch: Launch): Promise<Ended> {
    const model = this.#models.get(launch.model);
    if (model === undefined) throw new NpuRejected("the model is not there");
    const tensors = await this.#npu.run(launch);
    return checked(tensors, launch, model, this.#limits);
  }
}
