/** One driver on one simulated device, and what must be true of it whatever happens. */
import { ok, strictEqual } from "node:assert/strict";
import type { EntropyCell } from "../../../../hal/component/entropy_cell.ts";
import { EntropyBus } from "../../../virtual/virtio_bus/bus.ts";
import { startRig } from "./rig.ts";

const WORD = 8;
const MASK = 2n ** 64n - 1n;
/** Between two draws, in virtual time. */
const PAUSE_US = 1_000;
/** Draws until a device that is honest again has to give octets. */
const DRAWS_MAX = 4_000;

let rig: ReturnType<typeof startRig> | undefined;

/** Gives the engine of all trials back. */
export async function endTrials(): Promise<void> {
  await (await rig)?.stop();
  rig = undefined;
}

/** `ok`, `dry`, or the reason of a draw that failed. */
export type Ended = string;

export type Shape = (bus: EntropyBus) => void;

export class Trial {
  /** Words that the device made, by what they are; true once somebody has one. */
  readonly #made: Map<bigint, boolean>;

  private constructor(
    readonly bus: EntropyBus,
    readonly source: EntropyCell,
    made: Map<bigint, boolean>,
  ) {
    this.#made = made;
  }

  /** Throws `DriverRefused` where the driver does not take the device. */
  static async open(shape: Shape, seed = 1): Promise<Trial> {
    const made = new Map<bigint, boolean>();
    const bus = new EntropyBus((octets) => fill(octets, made), seed);
    shape(bus);
    const { open } = await (rig ??= startRig());
    return new Trial(bus, open(bus, []), made);
  }

  /** Draws words: none that the device did not make, and none a second time. */
  draw(words = 4): Ended {
    const { bus, source } = this;
    const begun = bus.nowUs;
    const answer = source.draw(words * WORD);
    strictEqual(bus.nowUs, begun, "a draw waited");
    strictEqual(source.ended, undefined, "the driver broke off");
    strictEqual(bus.device.complaints[0], undefined, "against Virtio 1.2");
    bus.pass(PAUSE_US);
    if (answer.tag === "err") {
      const { val } = answer;
      if (val.tag === "dry") return "dry";
      strictEqual(val.tag, "failed");
      ok(val.val !== undefined && val.val !== "", "no reason");
      return val.val;
    }
    const view = new DataView(answer.val.buffer, answer.val.byteOffset);
    for (let at = 0; at < answer.val.length; at += WORD) {
      const word = view.getBigUint64(at);
      strictEqual(this.#made.get(word), false, `octets at ${at}`);
      this.#made.set(word, true);
    }
    return "ok";
  }

  /** Draws more than the driver and an honest device had ready before. */
  drain(): Ended {
    let ended: Ended = "ok";
    for (const [words, draws] of [[128, 64], [1, 160]] as const) {
      ended = "ok";
      for (let i = 0; ended === "ok" && i < draws; i++) {
        ended = this.draw(words);
      }
    }
    return ended;
  }

  /** Draws until one fails or goes well; how often it was dry before. */
  settle(): { readonly ended: Ended; readonly dry: number } {
    for (let dry = 0; dry < DRAWS_MAX; dry++) {
      const ended = this.draw();
      if (ended !== "dry") return { ended, dry };
    }
    return { ended: "dry", dry: DRAWS_MAX };
  }

  /** The device is honest, octets come again, and the driver says that it is well. */
  recovered(): void {
    this.bus.device.repent();
    for (let round = 0; round < 8; round++) {
      let ended = this.draw(2048);
      for (let i = 0; ended !== "ok" && i < DRAWS_MAX; i++) {
        ended = this.draw(2048);
      }
      strictEqual(ended, "ok", "a draw after recovery");
    }
    strictEqual(this.source.health().tag, "ok");
  }

  end(): void {
    this.source.abort();
  }
}

/** Words that are each made once, and look random: a bijection of their number. */
function fill(octets: Uint8Array, made: Map<bigint, boolean>): void {
  const view = new DataView(octets.buffer, octets.byteOffset, octets.length);
  for (let at = 0; at + WORD <= octets.length; at += WORD) {
    let word = (BigInt(made.size + 1) * 0x9e3779b97f4a7c15n) & MASK;
    word = ((word ^ (word >> 30n)) * 0xbf58476d1ce4e5b9n) & MASK;
    word = ((word ^ (word >> 27n)) * 0x94d049bb133111ebn) & MASK;
    word ^= word >> 31n;
    made.set(word, false);
    view.setBigUint64(at, word);
  }
}
