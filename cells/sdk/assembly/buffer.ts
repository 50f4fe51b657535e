/**
 * A run of octets outside the garbage collector's sight that grows on demand.
 *
 * For scratch space that is used again and again. Growing keeps the content
 * and moves it: places taken before are stale after `need`.
 */

export class Buffer {
  private at: usize = 0;
  private room: usize = 0;

  /** Where the octets are now. */
  get start(): usize {
    return this.at;
  }

  /** Makes room for `octets` and returns where they are. */
  need(octets: usize): usize {
    if (octets > this.room) {
      const room = (max<usize>(octets, this.room + (this.room >> 1)) + 15) &
        ~15;
      this.at = this.at == 0 ? heap.alloc(room) : heap.realloc(this.at, room);
      this.room = room;
    }
    return this.at;
  }

  /** Gives the octets back where there is room for more than `octets`. */
  shrink(octets: usize): void {
    if (this.room <= octets) return;
    heap.free(this.at);
    this.at = 0;
    this.room = 0;
  }
}
