/**
 * A virtio device in memory that can be made to lie, whatever its kind.
 *
 * Honest unless told otherwise, and strict with its driver: what the driver does
 * against the specification is kept in `complaints` and breaks the device down.
 * What a request means is its kind's to say.
 */
import {
  INTERRUPT,
  type Placed,
  type VirtioDevice,
  type VirtioMmio,
} from "../../../hal/virtio_mmio.ts";
import { type Chain, Complaint, Rings, type SeenAt } from "./chain.ts";
import type { Lie } from "./lies.ts";
import { FEATURE, type FeatureName } from "./shape.ts";

const LATE_US = 250_000;
const EARLY_US = 3_000;
const SPURIOUS_US = 500;
const SPURIOUS = 40;
/** Numbers that no request has: of no entry, and of one that is free. */
const WRONG_NUMBER = 0x7fff_fff0;
const FREE_NUMBER = 62;

/** What the device needs of its bus. */
export interface Surroundings {
  /** Leased octets at an address of the bus. */
  readonly seenAt: SeenAt;
  readonly random: () => number;
  registers(): VirtioMmio;
  /** Raises the line. */
  interrupt(): void;
  /** Does something after a time, unless the device was reset before. */
  later(us: number, act: () => void): void;
  forgetLater(): void;
  /** From now on every wait ends at once, with an interrupt. */
  storm(on: boolean): void;
}

/** What every device says of itself; may be changed while it runs. */
export interface DeviceShape {
  features: ReadonlyArray<FeatureName>;
  queueEntries: number;
  /** It refuses whatever features are accepted. */
  refusesFeatures: boolean;
  /** Its configuration changes whenever it is looked at. */
  isRestless: boolean;
  /** It never resets itself. */
  neverResets: boolean;
  /** It is not there: no reset ends until it is back. */
  isAway: boolean;
}

/** One request, as its kind of device understands it. */
export interface Request {
  readonly kind: number;
  /** Does it, in the way of the lie; gives the octets that were written. */
  carryOut(lie: Lie | undefined): number;
}

interface Told {
  readonly lie: Lie;
  readonly kind: number | undefined;
  left: number;
}

export abstract class LyingDevice implements VirtioDevice {
  abstract readonly kind: number;
  abstract readonly shape: DeviceShape;
  abstract get config(): Uint8Array;
  /** What the driver did against the specification. */
  readonly complaints: string[] = [];
  /** Requests, and notifications that brought any. */
  readonly counts = { requests: 0, kicks: 0, resets: 0 };
  protected readonly around: Surroundings;
  protected agreed = 0n;
  #told: Told[] = [];
  #rings: Rings | undefined;
  #looks = 0;
  #isStuck = false;
  #lastHead = 0;
  /** What it does when it is reset, before that is done. */
  #parting: (() => void) | undefined;

  constructor(around: Surroundings) {
    this.around = around;
  }

  /** Throws a `Complaint` about a request that is against the specification. */
  protected abstract understand(chain: Chain): Request;

  /** Whether a request of this kind can go wrong in this way. */
  protected abstract canBe(lie: Lie, kind: number): boolean;

  /** What a reset, or going away, loses. */
  protected abstract forget(isReset: boolean): void;

  /** Lies about the next `times` requests of a kind, or of any. */
  tell(lie: Lie, kind?: number, times = 1): void {
    this.#told.push({ lie, kind, left: times });
  }

  /** From now on it is honest, and lets go of what it was stuck in. */
  repent(): void {
    this.#told = [];
    this.#isStuck = false;
  }

  get features(): bigint {
    return this.shape.features.reduce((sum, name) => sum | FEATURE[name], 0n);
  }

  get queues(): readonly number[] {
    return [this.shape.queueEntries];
  }

  get generation(): number {
    return this.shape.isRestless ? ++this.#looks : 0;
  }

  accepts(): boolean {
    return !this.shape.refusesFeatures;
  }

  start(
    features: bigint,
    [placed]: ReadonlyArray<Placed | undefined>,
  ): boolean {
    this.agreed = features;
    if (this.shape.isAway) return false;
    const power = placed !== undefined && placed.entries > 0 &&
      (placed.entries & (placed.entries - 1)) === 0;
    if (!power) return this.#complain("a queue of no size");
    const aligned = placed.descriptors % 16n === 0n &&
      placed.driver % 2n === 0n && placed.device % 4n === 0n;
    if (!aligned) return this.#complain("rings that are not aligned");
    this.#rings = new Rings({
      placed,
      hasIndirect: (features & FEATURE.indirect) !== 0n,
      hasEventIndex: (features & FEATURE.eventIndex) !== 0n,
    }, this.around.seenAt);
    return true;
  }

  notify(): void {
    if (this.shape.isAway || this.#isStuck) return;
    const deaf = this.#told.find(({ lie, left }) => lie === "deaf" && left > 0);
    if (deaf !== undefined) {
      deaf.left--;
      return;
    }
    try {
      const chains = this.#rings?.fresh() ?? [];
      if (chains.length > 0) this.counts.kicks++;
      // In any order: a driver may not count on one (section 2.7.9).
      for (const chain of this.#shuffled(chains)) this.#serve(chain);
    } catch (error) {
      if (!(error instanceof Complaint)) throw error;
      this.#complain(error.message);
    }
  }

  reset(): boolean {
    this.around.storm(false);
    this.around.forgetLater();
    this.#parting?.();
    this.#parting = undefined;
    const { neverResets, isAway } = this.shape;
    if (neverResets || isAway || this.#isStuck) return false;
    this.#rings = undefined;
    this.forget(true);
    this.counts.resets++;
    return true;
  }

  /** It goes away, and forgets what is not durable. */
  vanish(): void {
    this.shape.isAway = true;
    this.forget(false);
    this.around.forgetLater();
    this.#breakDown();
  }

  #shuffled(chains: Chain[]): Chain[] {
    return chains.map((chain) => ({ chain, key: this.around.random() }))
      .sort((a, b) => a.key - b.key).map(({ chain }) => chain);
  }

  #complain(what: string): false {
    this.complaints.push(what);
    this.#breakDown();
    return false;
  }

  #breakDown(): void {
    this.around.registers().breakDown();
    this.around.interrupt();
  }

  #serve(chain: Chain): void {
    this.counts.requests++;
    const request = this.understand(chain);
    const lie = this.#lieAbout(request.kind);
    const finish = () => this.#finish(chain, request, lie);
    switch (lie) {
      case "early":
        this.#interrupt();
        return this.around.later(EARLY_US, finish);
      case "late":
        return this.around.later(LATE_US, finish);
      case "spurious":
        for (let i = 1; i <= SPURIOUS; i++) {
          this.around.later(i * SPURIOUS_US, () => this.#interrupt());
        }
        return this.around.later((SPURIOUS + 1) * SPURIOUS_US, finish);
      case "storm":
        return this.around.storm(true);
      case "stuck":
        return;
      case "stuck-for-good":
        this.#isStuck = true;
        return;
      case "at-reset":
        this.#parting = () => {
          for (const piece of chain.writes) piece.fill(0);
          this.#rings?.use(chain.head, 1);
        };
        return;
      case "needs-reset":
        return this.#breakDown();
      default:
        finish();
    }
  }

  #lieAbout(kind: number): Lie | undefined {
    const told = this.#told.find((one) =>
      one.left > 0 && (one.kind === undefined || one.kind === kind)
    );
    if (told === undefined || !this.canBe(told.lie, kind)) return undefined;
    told.left--;
    return told.lie;
  }

  /** Carries the request out, and says so in its own way. */
  #finish(chain: Chain, request: Request, lie: Lie | undefined): void {
    const rings = this.#rings;
    if (rings === undefined) return;
    let written = request.carryOut(lie);
    if (lie === "too-long") written += 1 << 20;
    if (lie === "nothing") written = 0;
    const head = lie === "wrong-number"
      ? WRONG_NUMBER
      : lie === "free-number"
      ? FREE_NUMBER
      : lie === "last-number"
      ? this.#lastHead
      : chain.head;
    this.#lastHead = chain.head;
    if (lie === "scribble") {
      for (const piece of chain.descriptors) {
        for (let i = 0; i < piece.length; i++) {
          piece[i] = Math.floor(this.around.random() * 256);
        }
      }
    }
    if (lie === "twice") rings.use(head, written);
    rings.use(head, written, lie === "ahead" ? 1000 : lie === "back" ? -1 : 1);
    if (lie !== "silent" && rings.wantsInterrupt) this.#interrupt();
  }

  #interrupt(): void {
    this.around.registers().raise(INTERRUPT.used);
    this.around.interrupt();
  }
}
