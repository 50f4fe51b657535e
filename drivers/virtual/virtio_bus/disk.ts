/**
 * A virtio disk in memory, Virtio 1.2 section 5.2, that can be made to lie.
 *
 * Honest unless told otherwise, and strict with its driver: what the driver does
 * against the specification is kept in `complaints` and breaks the device down.
 */
import {
  INTERRUPT,
  type Placed,
  type VirtioDevice,
  type VirtioMmio,
} from "../../../hal/virtio_mmio.ts";
import { type Chain, Complaint, Rings, type SeenAt, viewOf } from "./chain.ts";
import { KIND, type Lie } from "./lies.ts";
import type { DiskMedium } from "./medium.ts";
import { checkRequest } from "./rules.ts";
import {
  configOf,
  type DiskShape,
  FEATURE,
  SECTOR_OCTETS,
  usualShape,
} from "./shape.ts";

const DISK = 2;
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

interface Told {
  readonly lie: Lie;
  readonly kind: number | undefined;
  left: number;
}

export class VirtioDisk implements VirtioDevice {
  readonly kind = DISK;
  readonly shape: DiskShape;
  /** What the driver did against the specification. */
  readonly complaints: string[] = [];
  /** Requests, and notifications that brought any. */
  readonly counts = { requests: 0, kicks: 0, resets: 0 };
  readonly #medium: DiskMedium;
  readonly #around: Surroundings;
  #told: Told[] = [];
  #rings: Rings | undefined;
  #agreed = 0n;
  #looks = 0;
  #isStuck = false;
  #lastHead = 0;
  /** What it does when it is reset, before that is done. */
  #parting: (() => void) | undefined;

  constructor(medium: DiskMedium, around: Surroundings) {
    this.#medium = medium;
    this.#around = around;
    this.shape = usualShape(medium);
  }

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

  get config(): Uint8Array {
    return configOf(this.shape);
  }

  accepts(): boolean {
    return !this.shape.refusesFeatures;
  }

  start(
    features: bigint,
    [placed]: ReadonlyArray<Placed | undefined>,
  ): boolean {
    this.#agreed = features;
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
    }, this.#around.seenAt);
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
    this.#around.storm(false);
    this.#around.forgetLater();
    this.#parting?.();
    this.#parting = undefined;
    const { neverResets, isAway } = this.shape;
    if (neverResets || isAway || this.#isStuck) return false;
    this.#rings = undefined;
    if (this.shape.forgets) this.#medium.forget();
    this.counts.resets++;
    return true;
  }

  /** It goes away, and forgets what is not durable. */
  vanish(): void {
    this.shape.isAway = true;
    this.#medium.forget();
    this.#around.forgetLater();
    this.#breakDown();
  }

  #shuffled(chains: Chain[]): Chain[] {
    return chains.map((chain) => ({ chain, key: this.#around.random() }))
      .sort((a, b) => a.key - b.key).map(({ chain }) => chain);
  }

  #complain(what: string): false {
    this.complaints.push(what);
    this.#breakDown();
    return false;
  }

  #breakDown(): void {
    this.#around.registers().breakDown();
    this.#around.interrupt();
  }

  #serve(chain: Chain): void {
    this.counts.requests++;
    const [header] = chain.reads;
    if (header?.length !== 16) throw new Complaint("a header of other length");
    const status = chain.writes.at(-1);
    if (status?.length !== 1) throw new Complaint("a status of other length");
    const kind = viewOf(header).getUint32(0, true);
    checkRequest(this.shape, this.#agreed, kind, chain);
    const lie = this.#lieAbout(kind);
    const finish = () => this.#finish(chain, kind, status, lie);
    switch (lie) {
      case "early":
        this.#interrupt();
        return this.#around.later(EARLY_US, finish);
      case "late":
        return this.#around.later(LATE_US, finish);
      case "spurious":
        for (let i = 1; i <= SPURIOUS; i++) {
          this.#around.later(i * SPURIOUS_US, () => this.#interrupt());
        }
        return this.#around.later((SPURIOUS + 1) * SPURIOUS_US, finish);
      case "storm":
        return this.#around.storm(true);
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
    // Only a read can be short.
    if (told === undefined || (told.lie === "short" && kind !== KIND.read)) {
      return undefined;
    }
    told.left--;
    return told.lie;
  }

  /** Carries the request out, and says so in its own way. */
  #finish(
    chain: Chain,
    kind: number,
    status: Uint8Array,
    lie: Lie | undefined,
  ): void {
    const rings = this.#rings;
    if (rings === undefined) return;
    let written = 1;
    let outcome = 0;
    if (lie === "io-error" || lie === "unsupported") {
      outcome = lie === "io-error" ? 1 : 2;
      // A flush that failed: nobody knows any more what the cache holds.
      if (kind === KIND.flush) this.#medium.forget();
    } else written += this.#carryOut(chain, kind, lie);
    if (lie !== "no-status") status[0] = lie === "odd-status" ? 77 : outcome;
    if (lie === "too-long") written += 1 << 20;
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
          piece[i] = Math.floor(this.#around.random() * 256);
        }
      }
    }
    if (lie === "twice") rings.use(head, written);
    rings.use(head, written, lie === "ahead" ? 1000 : lie === "back" ? -1 : 1);
    if (lie !== "silent" && rings.wantsInterrupt) this.#interrupt();
  }

  #interrupt(): void {
    this.#around.registers().raise(INTERRUPT.used);
    this.#around.interrupt();
  }

  /** Octets written to the driver's memory, but for the status. */
  #carryOut(chain: Chain, kind: number, lie: Lie | undefined): number {
    const header = chain.reads[0] ?? new Uint8Array(16);
    let at = Number(viewOf(header).getBigUint64(8, true)) * SECTOR_OCTETS;
    const disk = this.#medium;
    switch (kind) {
      case KIND.read: {
        const all = chain.writes.slice(0, -1);
        const octets = all.reduce((sum, { length }) => sum + length, 0);
        let left = lie === "short" ? octets / 2 : octets;
        const given = left;
        for (const piece of all) {
          const now = Math.min(left, piece.length);
          piece.set(disk.visible.subarray(at, at + now));
          at += now;
          left -= now;
        }
        return given;
      }
      case KIND.write:
        for (const piece of chain.reads.slice(1)) {
          disk.write(at, piece);
          at += piece.length;
        }
        // Without the feature there is no cache (section 5.2.6.2).
        if ((this.#agreed & FEATURE.flush) === 0n) disk.flush();
        return 0;
      case KIND.flush:
        disk.flush();
        return 0;
      default: {
        const range = viewOf(chain.reads[1] ?? new Uint8Array(16));
        const from = Number(range.getBigUint64(0, true)) * SECTOR_OCTETS;
        const octets = range.getUint32(8, true) * SECTOR_OCTETS;
        disk.zero(from, octets);
        return 0;
      }
    }
  }
}
