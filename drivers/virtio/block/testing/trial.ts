/** One driver on one simulated device, and what must be true of it whatever happens. */
import { ok, strictEqual } from "node:assert/strict";
import { pattern } from "../../../../conformance/hal/block/asserts.ts";
import {
  BLOCK_GEOMETRY,
  BLOCK_OCTETS,
  BLOCKS,
} from "../../../../conformance/hal/block/case.ts";
import type { BlockCell } from "../../../../hal/component/block_cell.ts";
import { VirtioBus } from "../../../virtual/virtio_bus/bus.ts";
import type { VirtioDisk } from "../../../virtual/virtio_bus/disk.ts";
import { DiskMedium } from "../../../virtual/virtio_bus/medium.ts";
import { configOf } from "./fixture.ts";
import { Rig } from "./rig.ts";

/** What the driver is told that the device may take, in virtual time. */
const OPERATION_US = 10_000_000;
const RESET_US = 5_000_000;
/** Twice for the attempts; in each a reset, the kept writes, the operation. */
export const BOUND_US = 2 * (RESET_US + 2 * OPERATION_US) + 1_000_000;

export const KINDS = ["read", "write", "flush", "discard"] as const;
export type Operation = typeof KINDS[number];

let rig: Promise<Rig> | undefined;

/** Gives the engine of all trials back. */
export async function endTrials(): Promise<void> {
  await (await rig)?.stop();
  rig = undefined;
}

/** Refused with a reason, or done; nothing else. */
export type Ended = "ok" | string;

export class Trial {
  /** What each block may hold: one version, or several after a failed write. */
  readonly #versions = Array.from(
    { length: BLOCKS },
    (): Uint8Array[] => [new Uint8Array(BLOCK_OCTETS)],
  );
  #written = 0;

  private constructor(
    readonly bus: VirtioBus,
    readonly device: BlockCell,
  ) {}

  /** Throws `DriverRefused` where the driver does not take the device. */
  static async open(
    shape: (disk: VirtioDisk, bus: VirtioBus) => void,
    seed = 1,
  ) {
    const medium = new DiskMedium(BLOCK_GEOMETRY.capacity);
    const bus = new VirtioBus({ medium, seed });
    shape(bus.disk, bus);
    rig ??= Rig.start();
    return new Trial(bus, await (await rig).open(bus, configOf(false)));
  }

  /** Does one operation, holds it to its time, and its answer to the model. */
  do(operation: Operation, number = 3, blocks = 1): Ended {
    const begun = this.bus.nowUs;
    const ended = this.#act(operation, number, blocks);
    const took = this.bus.nowUs - begun;
    ok(took <= BOUND_US, `${operation} took ${took} us`);
    strictEqual(this.device.ended, undefined, "the driver broke off");
    strictEqual(this.bus.disk.complaints[0], undefined, "against Virtio 1.2");
    return ended;
  }

  /** Everything is as it was written, and the driver says that it is well. */
  recovered(): void {
    this.bus.disk.repent();
    strictEqual(this.do("flush"), "ok", "flush after recovery");
    for (let number = 0; number < BLOCKS; number += 8) {
      strictEqual(this.do("read", number, 8), "ok", "read after recovery");
    }
    strictEqual(this.do("write", 5, 2), "ok");
    strictEqual(this.do("read", 5, 2), "ok");
    strictEqual(this.do("flush"), "ok");
    strictEqual(this.device.health().tag, "ok");
  }

  end(): void {
    this.device.abort();
  }

  #act(operation: Operation, number: number, blocks: number): Ended {
    const at = BigInt(number * BLOCK_OCTETS);
    const octets = blocks * BLOCK_OCTETS;
    switch (operation) {
      case "read": {
        const answer = this.device.read(at, octets);
        if (answer.tag === "err") return reasonOf(answer.val);
        for (let i = 0; i < blocks; i++) {
          const from = i * BLOCK_OCTETS;
          const now = answer.val.subarray(from, from + BLOCK_OCTETS);
          this.#mustBe(number + i, now);
        }
        return "ok";
      }
      case "write": {
        const data = pattern(++this.#written, blocks);
        const answer = this.device.write(at, data);
        for (let i = 0; i < blocks; i++) {
          const from = i * BLOCK_OCTETS;
          const one = data.slice(from, from + BLOCK_OCTETS);
          this.#note(number + i, one, answer.tag === "ok");
        }
        return answer.tag === "ok" ? "ok" : reasonOf(answer.val);
      }
      case "flush": {
        const answer = this.device.flush();
        return answer.tag === "ok" ? "ok" : reasonOf(answer.val);
      }
      case "discard": {
        const answer = this.device.discard(at, BigInt(octets));
        for (let i = 0; i < blocks; i++) {
          this.#note(number + i, new Uint8Array(BLOCK_OCTETS), false);
        }
        return answer.tag === "ok" ? "ok" : reasonOf(answer.val);
      }
    }
  }

  #note(number: number, version: Uint8Array, isOnly: boolean): void {
    const before = isOnly ? [] : this.#versions[number] ?? [];
    this.#versions[number] = [...before, version];
  }

  /** Each octet is that of one of the versions that may be there. */
  #mustBe(number: number, now: Uint8Array): void {
    const versions = this.#versions[number] ?? [];
    const wrong = now.findIndex((octet, i) =>
      versions.every((version) => version[i] !== octet)
    );
    ok(wrong < 0, `block ${number}, octet ${wrong}: wrong data accepted`);
  }
}

function reasonOf(refusal: { tag: string; val?: string | undefined }): string {
  strictEqual(refusal.tag, "failed");
  ok(refusal.val !== undefined && refusal.val !== "", "no reason");
  return refusal.val;
}
