/**
 * A virtio entropy device, Virtio 1.2 section 5.4, that can be made to lie.
 */
import { type Chain, Complaint } from "./chain.ts";
import {
  type DeviceShape,
  LyingDevice,
  type Request,
  type Surroundings,
} from "./device.ts";
import { ENTROPY_LIES, type Lie } from "./lies.ts";

const ENTROPY = 4;
const LIES: ReadonlySet<Lie> = new Set(ENTROPY_LIES);

/** Fills these octets. */
export type Fill = (octets: Uint8Array) => void;

export class VirtioSource extends LyingDevice {
  readonly kind = ENTROPY;
  readonly shape: DeviceShape = {
    features: ["eventIndex", "indirect", "version1"],
    queueEntries: 128,
    refusesFeatures: false,
    isRestless: false,
    neverResets: false,
    isAway: false,
  };
  /** It has no configuration (section 5.4.4). */
  readonly config = new Uint8Array();
  /** Octets that it puts into a buffer at most; fewer are its right (5.4.6). */
  fillMax = Infinity;
  readonly #fill: Fill;
  /** What it gave last. */
  #last = new Uint8Array();

  constructor(fill: Fill, around: Surroundings) {
    super(around);
    this.#fill = fill;
  }

  protected understand(chain: Chain): Request {
    if (chain.reads.length > 0) {
      throw new Complaint("a buffer that the device is not to write");
    }
    return { kind: 0, carryOut: (lie) => this.#carryOut(chain, lie) };
  }

  protected canBe(lie: Lie): boolean {
    return LIES.has(lie);
  }

  protected forget(): void {
    this.#last = new Uint8Array();
  }

  #carryOut({ writes }: Chain, lie: Lie | undefined): number {
    const room = writes.reduce((sum, { length }) => sum + length, 0);
    const most = Math.min(room, this.fillMax);
    const isHalf = lie === "short" || lie === "partly";
    const octets = new Uint8Array(isHalf ? Math.ceil(most / 2) : most);
    if (lie === "unwritten") return octets.length;
    if (lie === "again") octets.set(this.#last.subarray(0, octets.length));
    else this.#fill(octets);
    this.#last = octets.slice();
    let at = 0;
    for (const piece of writes) {
      const now = octets.subarray(at, at + piece.length);
      piece.set(now);
      at += now.length;
    }
    return lie === "partly" ? most : octets.length;
  }
}
