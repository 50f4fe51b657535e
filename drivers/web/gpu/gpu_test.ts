/**
 * The driver on the platform's own WebGPU.
 *
 * Plan: the whole suite, where there is an adapter; its thread can do nothing
 * else; a platform without WebGPU or without an adapter is absent, with words; an
 * emulation is told from hardware; a device that is lost, and a thread that is
 * killed, under load.
 */
import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import { gpuSuite } from "../../../conformance/hal/gpu/gpu_suite.ts";
import type { Outcome, Work } from "../../../hal/gpu_contract.ts";
import { GpuAbsent } from "../../../hal/gpu/link.ts";
import { checkReach } from "../../../hal/hosted/testing/reach.ts";
import { openDevice } from "./adapter.ts";
import { openWebGpu, startThread } from "./open.ts";
import { openHeld, subject } from "./testing/fixture.ts";

gpuSuite("web/gpu", subject);

const WISH = { power: "any", software: true } as const;
const PATIENT_US = 60_000_000n;
const BOUNDS = {
  memoryMax: 1 << 24,
  transferMax: 1 << 16,
  sourceMax: 1 << 16,
  inFlightMax: 16,
};

const DOUBLE = `@group(0) @binding(0) var<storage, read_write> data: array<u32>;
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < arrayLength(&data)) { data[id.x] = data[id.x] * 2u; }
}`;

Deno.test("web/gpu: its thread may do nothing", async () => {
  const worker = startThread(
    new URL("testing/reach_worker.ts", import.meta.url),
  );
  await checkReach(worker);
});

/** A platform whose adapter is what it is told to be. */
function platform(adapter: unknown): GPU {
  const none = { requestAdapter: () => Promise.resolve(adapter) };
  return Object.assign(Object.create(null), none);
}

Deno.test("web/gpu: a platform without a device is absent, with words", async () => {
  const absent = (gpu: GPU | undefined, wish: typeof WISH, why: RegExp) =>
    rejects(
      () => openDevice(gpu, wish, BOUNDS),
      (error) => error instanceof GpuAbsent && why.test(error.message),
    );
  await absent(undefined, WISH, /no WebGPU/);
  await absent(platform(null), WISH, /no adapter/);
  const info = { description: "llvmpipe (LLVM)", vendor: "", architecture: "" };
  await rejects(
    () => openDevice(platform({ info }), { ...WISH, software: false }, BOUNDS),
    /only an emulation: llvmpipe/,
  );
});

Deno.test("web/gpu: nothing is attached at first, and nothing after closing", () => {
  const hosted = openWebGpu();
  const { gpu, control } = hosted;
  try {
    strictEqual(gpu.describe().attachment, 0);
    strictEqual(gpu.describe().limits.bufferMax, 0n);
    deepStrictEqual(gpu.health(), {
      tag: "failed",
      val: "no device is attached",
    });
    deepStrictEqual(gpu.submit({ tag: "allocate", val: 4n }, 1n), {
      tag: "err",
      val: { tag: "gone" },
    });
    strictEqual(control.detach().tag, "err");
  } finally {
    hosted.close();
  }
  deepStrictEqual(gpu.health(), { tag: "failed", val: "closed" });
  const again = control.attach(WISH);
  deepStrictEqual(again, { tag: "err", val: { tag: "failed", val: "closed" } });
});

/** Accepted and ended, over the life of some devices. */
class Load {
  readonly #open = new Set<bigint>();
  readonly ends: Record<string, number> = {};
  accepted = 0;

  constructor(readonly held: ReturnType<typeof openHeld>) {}

  /** Gives what was made. */
  carryOut(work: Work): bigint {
    const ticket = this.#submit(work);
    for (;;) {
      for (const [name, outcome] of this.#taken(true)) {
        if (name === ticket && outcome.tag === "made") return outcome.val;
      }
    }
  }

  /** Fills the queue until it is refused; gives why. */
  fill(works: readonly Work[]): string {
    for (let i = 0;; i++) {
      const work = works[i % works.length];
      ok(work !== undefined);
      const answer = this.held.hosted.gpu.submit(work, PATIENT_US);
      if (answer.tag === "err") return answer.val.tag;
      this.#open.add(answer.val);
      this.accepted += 1;
    }
  }

  /** Takes what there is; with `wait`, when there is something. */
  #taken(wait: boolean): Array<readonly [bigint, Outcome]> {
    const { gpu } = this.held.hosted;
    const all = wait ? gpu.wait(1000, PATIENT_US) : gpu.take(1000);
    return all.map(({ ticket, outcome }) => {
      ok(this.#open.delete(ticket), `${ticket} ended twice`);
      this.ends[outcome.tag] = (this.ends[outcome.tag] ?? 0) + 1;
      return [ticket, outcome] as const;
    });
  }

  take(): void {
    this.#taken(true);
  }

  settle(): void {
    while (this.#open.size > 0) {
      ok(this.#taken(true).length > 0, `${this.#open.size} never ended`);
    }
  }

  #submit(work: Work): bigint {
    const answer = this.held.hosted.gpu.submit(work, PATIENT_US);
    ok(answer.tag === "ok");
    this.#open.add(answer.val);
    this.accepted += 1;
    return answer.val;
  }
}

/** Attaches, and loads the device from then on. */
function started(load: Load): readonly Work[] {
  const { control } = load.held.hosted;
  strictEqual(control.attach(WISH).tag, "ok");
  const length = 4096n;
  const buffer = load.carryOut({ tag: "allocate", val: length });
  const program = load.carryOut({
    tag: "compile",
    val: { wgsl: DOUBLE, entry: "main", bindings: ["read-write"] },
  });
  const range = { buffer, offset: 0n, length };
  const octets = new Uint8Array(Number(length)).fill(1);
  return [
    { tag: "write", val: { buffer, offset: 0n, octets } },
    { tag: "dispatch", val: { program, ranges: [range], x: 16, y: 1, z: 1 } },
    { tag: "read", val: range },
  ];
}

Deno.test("web/gpu: a lost device, under load: all ends once, health says so, attaching works", async () => {
  const why = await subject.absent?.();
  await subject.end?.();
  if (why !== undefined) return console.log(`  left out: ${why}`);
  const load = new Load(openHeld());
  const { gpu } = load.held.hosted;
  try {
    for (let round = 0; round < 3; round++) {
      const works = started(load);
      for (let batch = 0; batch < round * 2; batch++) {
        strictEqual(load.fill(works), "full");
        load.take();
      }
      strictEqual(load.fill(works), "full");
      const kill = round === 2;
      if (kill) load.held.kill();
      else load.held.lose();
      while (load.fill(works) !== "gone") load.take();
      load.settle();
      strictEqual(gpu.health().tag, "failed");
      ok((load.ends.gone ?? 0) > round, "nothing was gone");
      if (kill) strictEqual(load.held.hosted.control.attach(WISH).tag, "err");
    }
    const { gone = 0, done = 0, octets = 0, made = 0 } = load.ends;
    strictEqual(gone + done + octets + made, load.accepted);
    // Another thread takes over where one was killed.
    const next = new Load(openHeld());
    const works = started(next);
    next.fill(works);
    next.settle();
    strictEqual(next.ends.gone, undefined);
    next.held.hosted.close();
  } finally {
    load.held.hosted.close();
  }
});
