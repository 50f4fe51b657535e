/**
 * The device's side of a split virtqueue: Virtio 1.2, section 2.7.
 *
 * Strict where a real device is lenient: whatever the specification forbids a
 * driver is a `Complaint`, so that a suite on this bus also judges the driver.
 */
import type { Placed } from "../../../hal/virtio_mmio.ts";

const DESCRIPTOR_OCTETS = 16;
const NEXT = 1;
const DEVICE_WRITES = 2;
const IS_INDIRECT = 4;

/** The driver broke the specification; the message says how. */
export class Complaint extends Error {
  override readonly name = "Complaint";
}

export type SeenAt = (
  address: bigint,
  octets: number,
) => Uint8Array<ArrayBuffer> | undefined;

/** One request: what the device reads, and what it may write. */
export interface Chain {
  readonly head: number;
  readonly reads: ReadonlyArray<Uint8Array>;
  readonly writes: ReadonlyArray<Uint8Array>;
  /** The memory that its descriptors are in, to be scribbled over. */
  readonly descriptors: ReadonlyArray<Uint8Array>;
}

export interface QueueRules {
  readonly placed: Placed;
  readonly hasIndirect: boolean;
  readonly hasEventIndex: boolean;
}

export class Rings {
  readonly #rules: QueueRules;
  readonly #seenAt: SeenAt;
  #seen = 0;
  #used = 0;

  constructor(rules: QueueRules, seenAt: SeenAt) {
    this.#rules = rules;
    this.#seenAt = seenAt;
  }

  /** Requests that were given since this was last asked. */
  fresh(): Chain[] {
    const { driver, entries } = this.#rules.placed;
    const index = this.#view(driver + 2n, 2).getUint16(0, true);
    const count = (index - this.#seen) & 0xffff;
    if (count > entries) throw new Complaint(`${count} requests at once`);
    return Array.from({ length: count }, () => {
      const at = driver + 4n + 2n * BigInt(this.#seen % entries);
      const head = this.#view(at, 2).getUint16(0, true);
      this.#seen = (this.#seen + 1) & 0xffff;
      this.#wantNotification();
      return this.#chain(head);
    });
  }

  /** Puts an entry on the used ring, and moves the index by `step`. */
  use(head: number, octets: number, step = 1): void {
    const { device, entries } = this.#rules.placed;
    const at = device + 4n + 8n * BigInt(this.#used % entries);
    const entry = this.#view(at, 8);
    entry.setUint32(0, head, true);
    entry.setUint32(4, octets, true);
    this.#used = (this.#used + step) & 0xffff;
    this.#view(device + 2n, 2).setUint16(0, this.#used, true);
  }

  /** Whether the driver wants an interrupt for the newest entry (2.7.7). */
  get wantsInterrupt(): boolean {
    const { driver, entries } = this.#rules.placed;
    if (!this.#rules.hasEventIndex) {
      return (this.#view(driver, 2).getUint16(0, true) & 1) === 0;
    }
    const event = this.#view(driver + 4n + 2n * BigInt(entries), 2);
    return ((this.#used - 1 - event.getUint16(0, true)) & 0xffff) === 0;
  }

  /** The driver is told by which entry it has to notify next (2.7.10). */
  #wantNotification(): void {
    if (!this.#rules.hasEventIndex) return;
    const { device, entries } = this.#rules.placed;
    const at = device + 4n + 8n * BigInt(entries);
    this.#view(at, 2).setUint16(0, this.#seen, true);
  }

  #chain(head: number): Chain {
    const { descriptors, entries } = this.#rules.placed;
    if (head >= entries) throw new Complaint(`a head of ${head}`);
    const first = this.#octets(
      descriptors + BigInt(DESCRIPTOR_OCTETS * head),
      DESCRIPTOR_OCTETS,
    );
    const view = viewOf(first);
    const flags = view.getUint16(12, true);
    if ((flags & IS_INDIRECT) === 0) {
      const table = this.#octets(descriptors, DESCRIPTOR_OCTETS * entries);
      return this.#walk(head, table, head);
    }
    if (!this.#rules.hasIndirect) throw new Complaint("an indirect table");
    if (flags !== IS_INDIRECT) throw new Complaint(`flags of ${flags}`);
    const octets = view.getUint32(8, true);
    if (octets === 0 || octets % DESCRIPTOR_OCTETS !== 0) {
      throw new Complaint(`an indirect table of ${octets} octets`);
    }
    const table = this.#octets(view.getBigUint64(0, true), octets);
    const walked = this.#walk(head, table, 0);
    return { ...walked, descriptors: [first, table] };
  }

  #walk(head: number, table: Uint8Array, start: number): Chain {
    const { entries } = this.#rules.placed;
    const count = table.length / DESCRIPTOR_OCTETS;
    const reads: Uint8Array[] = [];
    const writes: Uint8Array[] = [];
    let at = start;
    for (let steps = 0;; steps++) {
      if (steps >= entries) {
        throw new Complaint("a chain longer than the queue");
      }
      if (at >= count) throw new Complaint(`a descriptor ${at} of ${count}`);
      const view = viewOf(table.subarray(at * DESCRIPTOR_OCTETS));
      const flags = view.getUint16(12, true);
      if ((flags & ~(NEXT | DEVICE_WRITES)) !== 0) {
        throw new Complaint(`flags of ${flags}`);
      }
      const octets = view.getUint32(8, true);
      if (octets === 0) throw new Complaint("a descriptor of nothing");
      const piece = this.#octets(view.getBigUint64(0, true), octets);
      if ((flags & DEVICE_WRITES) !== 0) writes.push(piece);
      else if (writes.length > 0) {
        throw new Complaint("something to read behind something to write");
      } else reads.push(piece);
      if ((flags & NEXT) === 0) break;
      at = view.getUint16(14, true);
    }
    return { head, reads, writes, descriptors: [table] };
  }

  #view(address: bigint, octets: number): DataView {
    return viewOf(this.#octets(address, octets));
  }

  #octets(address: bigint, octets: number): Uint8Array<ArrayBuffer> {
    const seen = this.#seenAt(address, octets);
    if (seen === undefined) {
      throw new Complaint(`${octets} octets at ${address} are not leased`);
    }
    return seen;
  }
}

export function viewOf(octets: Uint8Array): DataView {
  return new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
}
