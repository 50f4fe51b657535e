/**
 * A virtio disk in memory, Virtio 1.2 section 5.2, that can be made to lie.
 */
import { type Chain, Complaint, viewOf } from "./chain.ts";
import { LyingDevice, type Request, type Surroundings } from "./device.ts";
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
const NO_LIES_OF_A_DISK: ReadonlySet<Lie> = new Set<Lie>([
  ...["nothing", "unwritten", "partly", "again"] as const,
]);

export class VirtioDisk extends LyingDevice {
  readonly kind = DISK;
  readonly shape: DiskShape;
  readonly #medium: DiskMedium;

  constructor(medium: DiskMedium, around: Surroundings) {
    super(around);
    this.#medium = medium;
    this.shape = usualShape(medium);
  }

  get config(): Uint8Array {
    return configOf(this.shape);
  }

  protected understand(chain: Chain): Request {
    const [header] = chain.reads;
    if (header?.length !== 16) throw new Complaint("a header of other length");
    const status = chain.writes.at(-1);
    if (status?.length !== 1) throw new Complaint("a status of other length");
    const kind = viewOf(header).getUint32(0, true);
    checkRequest(this.shape, this.agreed, kind, chain);
    return {
      kind,
      carryOut: (lie) => this.#answered(chain, kind, status, lie),
    };
  }

  /** Only a read can be short, and only entropy be none or the same again. */
  protected canBe(lie: Lie, kind: number): boolean {
    if (lie === "short") return kind === KIND.read;
    return !NO_LIES_OF_A_DISK.has(lie);
  }

  protected forget(isReset: boolean): void {
    if (!isReset || this.shape.forgets) this.#medium.forget();
  }

  /** Carries the request out and writes its status; gives the octets written. */
  #answered(
    chain: Chain,
    kind: number,
    status: Uint8Array,
    lie: Lie | undefined,
  ): number {
    let written = 1;
    let outcome = 0;
    if (lie === "io-error" || lie === "unsupported") {
      outcome = lie === "io-error" ? 1 : 2;
      // A flush that failed: nobody knows any more what the cache holds.
      if (kind === KIND.flush) this.#medium.forget();
    } else written += this.#carryOut(chain, kind, lie);
    if (lie !== "no-status") status[0] = lie === "odd-status" ? 77 : outcome;
    return written;
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
        if ((this.agreed & FEATURE.flush) === 0n) disk.flush();
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
