/**
 * A small, honest device for the check of the suite itself.
 *
 * It keeps every promise, fails when it is told, goes away and loses power. A
 * failed flush loses what it should have made durable, and the device is failed
 * from then on. Mutants wrap it; it is no driver.
 */
import type {
  Block,
  Condition,
  Done,
  Geometry,
  ReadResult,
  Refusal,
} from "../../../hal/block_contract.ts";
import { rangeRefusal, transferRefusal } from "../../../hal/block_range.ts";
import { seeded } from "../../sim/block_device.ts";
import {
  BLOCK_GEOMETRY,
  BLOCK_OCTETS,
  type BlockFixture,
  type BlockSubject,
} from "./case.ts";
import { Recorder } from "./crash/medium.ts";

type Fault = "read" | "write" | "flush";

const OK: Done = { tag: "ok" };

/** What is durable, and what may go wrong with it. */
class Medium {
  readonly durable = new Uint8Array(BLOCK_GEOMETRY.capacity);
  readonly recorder = new Recorder();
  fault: Fault | undefined;
  away = false;

  /** Why an operation of this kind fails now, if it does. */
  refusal(kind: Fault): Refusal | undefined {
    const failing = this.fault === kind;
    if (failing) this.fault = undefined;
    if (this.away) return { tag: "failed", val: "the medium is away" };
    return failing ? { tag: "failed", val: "medium error" } : undefined;
  }
}

class Reference implements Block {
  readonly #medium: Medium;
  readonly #geometry: Geometry;
  readonly visible: Uint8Array;
  #condition: Condition = { tag: "ok" };

  constructor(medium: Medium, readOnly: boolean) {
    this.#medium = medium;
    this.visible = medium.durable.slice();
    const { capacity } = BLOCK_GEOMETRY;
    this.#geometry = {
      ...BLOCK_GEOMETRY,
      capacity: BigInt(capacity),
      readOnly,
    };
  }

  describe(): Geometry {
    return this.#geometry;
  }

  read(offset: bigint, length: number): ReadResult {
    const refusal = transferRefusal(this.#geometry, offset, length) ??
      this.#reach("read");
    if (refusal !== undefined) return { tag: "err", val: refusal };
    const from = Number(offset);
    return { tag: "ok", val: this.visible.slice(from, from + length) };
  }

  write(offset: bigint, data: Uint8Array): Done {
    const refusal = transferRefusal(this.#geometry, offset, data.length) ??
      this.#readOnly() ?? this.#reach("write");
    if (refusal !== undefined) return { tag: "err", val: refusal };
    this.visible.set(data, Number(offset));
    this.#medium.recorder.write(Number(offset), data);
    return OK;
  }

  flush(): Done {
    const refusal = this.#reach("flush");
    if (refusal !== undefined) {
      this.#condition = { tag: "failed", val: "a flush failed" };
      return { tag: "err", val: refusal };
    }
    this.#medium.durable.set(this.visible);
    this.#medium.recorder.flush();
    return OK;
  }

  discard(offset: bigint, length: bigint): Done {
    const refusal = rangeRefusal(this.#geometry, offset, length) ??
      this.#readOnly() ?? this.#reach("write");
    if (refusal !== undefined) return { tag: "err", val: refusal };
    this.visible.fill(0, Number(offset), Number(offset + length));
    this.#medium.recorder.zero(Number(offset), Number(length));
    return OK;
  }

  health(): Condition {
    return this.#condition;
  }

  #readOnly(): Refusal | undefined {
    return this.#geometry.readOnly ? { tag: "read-only" } : undefined;
  }

  #reach(kind: Fault): Refusal | undefined {
    if (this.#condition.tag === "failed") return this.#condition;
    const refusal = this.#medium.refusal(kind);
    if (refusal !== undefined) {
      this.#condition = { tag: "degraded", val: `a ${kind} failed` };
    }
    return refusal;
  }
}

/** Blocks of `next` that the power cut let through, the others as before. */
function torn(medium: Medium, next: Uint8Array, random: () => number): void {
  for (let at = 0; at < next.length; at += BLOCK_OCTETS / 8) {
    if (random() < 0.5) continue;
    const end = at + BLOCK_OCTETS / 8;
    medium.durable.set(next.subarray(at, end), at);
  }
}

export const REFERENCE: BlockSubject = {
  contract: "block",
  make(): BlockFixture {
    const medium = new Medium();
    const random = seeded(7);
    let device = new Reference(medium, false);
    return {
      device,
      reopen({ readOnly }) {
        medium.durable.set(device.health().tag === "ok" ? device.visible : []);
        return device = new Reference(medium, readOnly);
      },
      crash() {
        torn(medium, device.visible, random);
        return device = new Reference(medium, false);
      },
      faults: { failNext: (operation) => void (medium.fault = operation) },
      outage: {
        begin: () => void (medium.away = true),
        end: () => void (medium.away = false),
      },
      recording: {
        octets: BLOCK_GEOMETRY.capacity,
        take: () => medium.recorder.take(),
        openOn(octets) {
          medium.durable.set(octets);
          return device = new Reference(medium, false);
        },
      },
      dispose() {},
    };
  },
};
