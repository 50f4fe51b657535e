/**
 * A GPU that runs the rank cell's programs as plain functions, in f64 between halves.
 *
 * It knows these programs by their entry points and no others; what it is good for is
 * everything around them: what is sent, in which order, what becomes of answers that are late, wrong, or
 * never come. The programs themselves are tested on adapters (`node/rank_gpu_test.ts`).
 */
import type {
  Completion,
  Device,
  Gpu,
  Launch,
  Outcome,
  Range,
  Work,
} from "../../../hal/gpu_contract.ts";
import { NO_DEVICE } from "../../../hal/gpu/absent.ts";
import { Run } from "./gpu_runs.ts";

const LIMITS: Device["limits"] = {
  bufferMax: 2n ** 27n,
  memoryMax: 2n ** 29n,
  buffersMax: 64,
  programsMax: 16,
  bindingsMax: 8,
  bindingAlignment: 256,
  transferMax: 65536,
  sourceMax: 16384,
  groupsMax: 1024,
  invocationsMax: 256,
  inFlightMax: 16,
};

export class GpuModel {
  readonly buffers = new Map<bigint, Uint8Array>();
  readonly programs = new Map<bigint, string>();
  limits = LIMITS;
  /** Requests that were accepted. */
  accepted = 0;
  /** After so many the device is lost. */
  lostAfter = Infinity;
  /** After so many nothing is answered any more. */
  silentAfter = Infinity;
  /** Only high halves are kept, as by a compiler that undoes compensation. */
  isCoarse = false;
  /** What the device does with a request, in place of what was asked. */
  distort: (work: Work) => Outcome | undefined = () => undefined;
  /** Why there is no device; undefined while there is one. */
  absent: string | undefined;
  #last = 0n;
  #ended: Completion[] = [];
  #held: Completion[] = [];

  readonly gpu: Gpu = {
    describe: () =>
      this.absent !== undefined ? NO_DEVICE : {
        attachment: 1,
        name: "a model",
        kind: "reference",
        limits: this.limits,
      },
    submit: (work) => this.#submit(work),
    cancel: () => ({ tag: "err", val: "begun" }),
    take: (most) => {
      // What was asked between two looks is answered at the second one.
      const taken = this.#ended.splice(0, most);
      if (this.accepted <= this.silentAfter) this.#ended.push(...this.#held);
      this.#held = [];
      return taken;
    },
    wait: () => [],
    release: (name) =>
      this.buffers.delete(name) || this.programs.delete(name)
        ? { tag: "ok" }
        : { tag: "err", val: { tag: "unknown" } },
    health: () =>
      this.absent === undefined
        ? { tag: "ok" }
        : { tag: "failed", val: this.absent },
  };

  #submit(work: Work): ReturnType<Gpu["submit"]> {
    if (this.absent !== undefined) {
      return { tag: "err", val: { tag: "gone" } };
    }
    const most = this.limits.inFlightMax;
    if (this.#held.length + this.#ended.length >= most) {
      return { tag: "err", val: { tag: "full" } };
    }
    this.accepted += 1;
    const ticket = ++this.#last;
    if (this.accepted > this.lostAfter) this.#lose();
    const outcome: Outcome = this.absent !== undefined
      ? { tag: "gone", val: this.absent }
      : this.distort(work) ?? this.#carryOut(ticket, work);
    this.#held.push({ ticket, outcome });
    return { tag: "ok", val: ticket };
  }

  #lose(): void {
    this.absent = "the device was lost: by the test";
    this.buffers.clear();
    this.programs.clear();
  }

  #octets({ buffer, offset, length }: Range): Uint8Array {
    const whole = this.buffers.get(buffer);
    const end = Number(offset + length);
    if (whole === undefined || end > whole.length || offset % 4n !== 0n) {
      throw new Error(`no such range: ${buffer} ${offset} ${length}`);
    }
    return whole.subarray(Number(offset), end);
  }

  #carryOut(name: bigint, work: Work): Outcome {
    switch (work.tag) {
      case "allocate":
        this.buffers.set(name, new Uint8Array(Number(work.val)));
        return { tag: "made", val: name };
      case "compile":
        this.programs.set(name, work.val.entry);
        return { tag: "made", val: name };
      case "write": {
        const { buffer, offset, octets } = work.val;
        const length = BigInt(octets.length);
        this.#octets({ buffer, offset, length }).set(octets);
        return { tag: "done" };
      }
      case "read":
        return { tag: "octets", val: this.#octets(work.val).slice() };
      case "copy":
        throw new Error("rank copies nothing");
      case "dispatch":
        this.#dispatch(work.val);
        return { tag: "done" };
    }
  }

  #dispatch({ program, ranges, x, y }: Launch): void {
    const entry = this.programs.get(program);
    if (entry === undefined) throw new Error("no such program");
    const bound = ranges.map((range) => this.#octets(range));
    new Run(bound, this.isCoarse).go(entry, x * y);
  }
}
