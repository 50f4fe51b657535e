/**
 * One GPU for the generations of a cell: who serves has it, and what others left is gone.
 */
import { deepStrictEqual, strictEqual } from "node:assert/strict";
import type { Completion, Gpu } from "../gpu_contract.ts";
import { GpuShare } from "./share.ts";

/** Makes whatever is asked when it is told to. */
class Scripted {
  readonly held = new Set<bigint>();
  readonly released: bigint[] = [];
  readonly cancelled: bigint[] = [];
  failed: string | undefined;
  #last = 0n;
  #open: bigint[] = [];
  #ended: Completion[] = [];

  answer(): void {
    for (const ticket of this.#open.splice(0)) {
      this.held.add(ticket);
      this.#ended.push({ ticket, outcome: { tag: "made", val: ticket } });
    }
  }

  readonly gpu: Gpu = {
    describe: () => {
      throw new Error("its device is described by nobody here");
    },
    submit: () => {
      this.#open.push(++this.#last);
      return { tag: "ok", val: this.#last };
    },
    cancel: (ticket) => {
      this.cancelled.push(ticket);
      return { tag: "err", val: "begun" };
    },
    take: (most) => this.#ended.splice(0, most),
    wait: (most) => this.#ended.splice(0, most),
    release: (name) => {
      this.released.push(name);
      this.held.delete(name);
      return { tag: "ok" };
    },
    health: () =>
      this.failed === undefined
        ? { tag: "ok" }
        : { tag: "failed", val: this.failed },
  };
}

/** A generation that can begin and cease to serve. */
class Holder {
  serves = true;
  readonly isCurrent = () => this.serves;
}

const WORK = { tag: "allocate", val: 4n } as const;
const UNKNOWN = { tag: "err", val: { tag: "unknown" } };
const GONE = { tag: "err", val: { tag: "gone" } };

Deno.test("share: one generation has the device as it is", () => {
  const device = new Scripted();
  const { host } = new GpuShare(device.gpu).open(new Holder());
  deepStrictEqual(host.submit(WORK, 1n), { tag: "ok", val: 1n });
  deepStrictEqual(host.take(9), []);
  device.answer();
  deepStrictEqual(host.take(9).map(({ ticket }) => ticket), [1n]);
  deepStrictEqual(host.release(1n), { tag: "ok" });
  deepStrictEqual(host.release(1n), UNKNOWN);
  deepStrictEqual(host.cancel(1n), { tag: "err", val: "unknown" });
  deepStrictEqual(host.health(), { tag: "ok" });
});

Deno.test("share: who does not serve has nothing, and is told so", () => {
  const device = new Scripted();
  const holder = new Holder();
  holder.serves = false;
  const { host } = new GpuShare(device.gpu).open(holder);
  strictEqual(host.describe().attachment, 0);
  deepStrictEqual(host.submit(WORK, 1n), GONE);
  deepStrictEqual(host.take(9), []);
  deepStrictEqual(host.wait(9, 1n), []);
  deepStrictEqual(host.release(1n), GONE);
  deepStrictEqual(host.health(), {
    tag: "failed",
    val: "another generation of the cell has it",
  });
});

Deno.test("share: the next generation finds nothing of the one before, nor does that come back", () => {
  const device = new Scripted();
  const share = new GpuShare(device.gpu);
  const before = new Holder();
  const old = share.open(before).host;
  old.submit(WORK, 1n);
  device.answer();
  old.take(9);
  // One that has ended and was not taken, one under way.
  old.submit(WORK, 1n);
  device.answer();
  old.submit(WORK, 1n);
  before.serves = false;
  const next = share.open(new Holder()).host;
  deepStrictEqual(next.submit(WORK, 1n), { tag: "ok", val: 4n });
  deepStrictEqual(device.cancelled, [2n, 3n]);
  deepStrictEqual(device.released, [1n, 2n]);
  device.answer();
  deepStrictEqual(next.wait(9, 1n).map(({ ticket }) => ticket), [4n]);
  deepStrictEqual([...device.held], [4n], "what was made too late is left");
  deepStrictEqual(next.release(3n), UNKNOWN);
  // A rollback: the old one serves again, and has nothing.
  deepStrictEqual(old.submit(WORK, 1n), GONE);
  before.serves = true;
  deepStrictEqual(old.release(1n), UNKNOWN);
});

Deno.test("share: the end of a generation releases what it has", () => {
  const device = new Scripted();
  const share = new GpuShare(device.gpu);
  const first = share.open(new Holder());
  first.host.submit(WORK, 1n);
  device.answer();
  first.host.take(9);
  first.end();
  deepStrictEqual([...device.held], []);
  // The end of one that has it no longer takes nothing from who has it.
  const second = share.open(new Holder());
  second.host.submit(WORK, 1n);
  device.answer();
  second.host.take(9);
  first.end();
  deepStrictEqual([...device.held], [2n]);
});

Deno.test("share: a device that is missing is asked for, by who serves alone", () => {
  const device = new Scripted();
  device.failed = "the device was lost";
  let missed = 0;
  const share = new GpuShare(device.gpu, () => missed += 1);
  const holder = new Holder();
  const { host } = share.open(holder);
  deepStrictEqual(host.health(), { tag: "failed", val: device.failed });
  strictEqual(host.describe().attachment, 0);
  strictEqual(missed, 2);
  holder.serves = false;
  host.health();
  strictEqual(missed, 2);
});
