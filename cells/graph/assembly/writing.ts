/** Octets of an answer that is written from its beginning to its end. */
import { Buffer } from "../../sdk/assembly/buffer";
import { SCRATCH_OCTETS_KEPT } from "./limits";

export class Writing {
  private buffer: Buffer = new Buffer();
  private used: u32 = 0;

  begin(): void {
    this.used = 0;
  }

  /** Room for some octets at the end; it moves with the next call. */
  room(octets: usize): usize {
    const at = this.used;
    this.used += <u32> octets;
    return this.buffer.need(this.used) + at;
  }

  copy(from: usize, octets: usize): void {
    memory.copy(this.room(octets), from, octets);
  }

  /** What was written, as a list. */
  list(): StaticArray<u8> {
    const list = new StaticArray<u8>(this.used);
    memory.copy(changetype<usize>(list), this.buffer.start, this.used);
    return list;
  }

  /** Gives back what an unusually long answer has left. */
  end(): void {
    this.buffer.shrink(SCRATCH_OCTETS_KEPT);
  }
}
