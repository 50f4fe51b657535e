/** One run of each of the rank cell's programs, in f64 between halves. */

type Pair = readonly [number, number];

const GROUPS_MAX = 256;

export class Run {
  readonly #words: Uint32Array;
  readonly #floats: Float32Array;
  readonly #consts: Float32Array;
  readonly #vecs: Float32Array;
  readonly #scal: Float32Array;
  readonly #starts: Uint32Array;
  readonly #columns: Uint32Array;
  readonly #weights: Float32Array;
  readonly #jobs: Uint32Array;
  readonly n: number;

  constructor(bound: readonly Uint8Array[], readonly isCoarse: boolean) {
    const words = (at: number) => {
      const { buffer, byteOffset, length } = bound[at] ?? new Uint8Array();
      return new Uint32Array(buffer, byteOffset, length / 4);
    };
    const floats = (at: number) => {
      const { buffer, byteOffset, length } = bound[at] ?? new Uint8Array();
      return new Float32Array(buffer, byteOffset, length / 4);
    };
    this.#words = words(0);
    this.#floats = floats(0);
    this.#consts = floats(1);
    this.#vecs = floats(2);
    this.#scal = floats(3);
    this.#starts = words(4);
    this.#columns = words(5);
    this.#weights = floats(6);
    this.#jobs = words(7);
    this.n = this.#word(1);
  }

  go(entry: string, groups: number): void {
    switch (entry) {
      case "walk":
        return this.#walk(groups);
      case "join":
        return this.#join(groups);
      case "spread":
        return this.#spread();
      case "weigh_stuck":
        return this.#weighStuck();
      case "mix":
        return this.#mix();
      case "weigh_mass":
        return this.#weighMass();
      case "settle":
        return this.#settle();
      case "aim":
        return this.#aim();
      case "blend":
        return this.#blend();
      default:
        throw new Error(`no entry ${entry}`);
    }
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }

  #constant(at: number): number {
    return (this.#floats[at] ?? 0) + (this.#floats[at + 1] ?? 0);
  }

  #of(node: number, which: number): number {
    const at = 2 * (which * this.n + node);
    return (this.#consts[at] ?? 0) + (this.#consts[at + 1] ?? 0);
  }

  #vec(at: number): number {
    return (this.#vecs[2 * at] ?? 0) + (this.#vecs[2 * at + 1] ?? 0);
  }

  #put(at: number, value: number): void {
    const high = Math.fround(value);
    this.#vecs[2 * at] = high;
    this.#vecs[2 * at + 1] = this.isCoarse ? 0 : value - high;
  }

  #scalar(at: number): number {
    return (this.#scal[2 * at] ?? 0) + (this.#scal[2 * at + 1] ?? 0);
  }

  #putScalar(at: number, value: number): void {
    const high = Math.fround(value);
    this.#scal[2 * at] = high;
    this.#scal[2 * at + 1] = value - high;
  }

  #sum(from: number, end: number): Pair {
    const kind = this.#word(17);
    const isUnit = this.#word(16) !== 0;
    let one = 0;
    let other = 0;
    for (let i = from; i < end; i++) {
      const column = this.#columns[i] ?? 0;
      const weight = isUnit ? 1 : this.#weights[i] ?? 0;
      if (kind === 1) {
        one += weight * this.#vec(this.#word(8) + 2 * column);
        other += weight * this.#vec(this.#word(8) + 2 * column + 1);
      } else {
        one += weight * this.#vec(this.#word(kind === 0 ? 5 : 6) + column);
      }
    }
    return [one, other];
  }

  #finish(r: number, [one, other]: Pair): void {
    const then = this.#word(3) + r;
    const warmth = this.#word(9) + r;
    const before = this.#word(7) + r;
    switch (this.#word(17)) {
      case 0:
        return this.#put(then, this.#of(r, 1) * this.#scalar(0) + one);
      case 1: {
        const pulled = this.#of(r, 2) + one * this.#of(r, 3);
        this.#put(then, this.#vec(then) + pulled);
        const start = this.#vec(this.#word(8) + 2 * r + 1);
        const term = this.#of(r, 4) * other;
        this.#put(before, start);
        this.#put(this.#word(6) + r, term);
        const heat = this.#constant(18) * start + this.#constant(20) * term;
        return this.#put(warmth, heat);
      }
      default: {
        const value = 2 * this.#of(r, 4) * one - this.#vec(before);
        this.#put(before, value);
        this.#put(warmth, this.#vec(warmth) + this.#constant(18) * value);
      }
    }
  }

  #walk(groups: number): void {
    const blocks = this.#word(13);
    const jobs = this.#word(14);
    if (groups < blocks + jobs) throw new Error("too few groups");
    for (let r = 0; r < this.n; r++) {
      const from = this.#starts[r] ?? 0;
      const end = this.#starts[r + 1] ?? 0;
      if (end - from <= 32) this.#finish(r, this.#sum(from, end));
    }
    for (let job = 0; job < jobs; job++) {
      const [row = 0, from = 0, end = 0, slot = 0] = this.#job(job);
      const sum = this.#sum(from, end);
      if (slot === 0xffffffff) this.#finish(row, sum);
      else {
        if (end - from > 4096) throw new Error("a piece is too long");
        this.#putScalar(this.#word(11) + 2 * slot, sum[0]);
        this.#putScalar(this.#word(11) + 2 * slot + 1, sum[1]);
      }
    }
  }

  #job(at: number): Uint32Array {
    return this.#jobs.subarray(4 * at, 4 * at + 4);
  }

  #join(groups: number): void {
    const joins = this.#word(15);
    if (groups < joins) throw new Error("too few groups");
    for (let at = 0; at < joins; at++) {
      const [row = 0, from = 0, end = 0] = this.#job(this.#word(14) + at);
      let one = 0;
      let other = 0;
      for (let slot = from; slot < end; slot++) {
        one += this.#scalar(this.#word(11) + 2 * slot);
        other += this.#scalar(this.#word(11) + 2 * slot + 1);
      }
      this.#finish(row, [one, other]);
    }
  }

  /** The group's sums as one: in the first group's place, nothing in the others'. */
  #partial(which: number, value: number): void {
    for (let group = 0; group < GROUPS_MAX; group++) {
      this.#putScalar(64 + which * 256 + group, group === 0 ? value : 0);
    }
  }

  #spread(): void {
    let stuck = 0;
    for (let i = 0; i < this.n; i++) {
      const value = this.#vec(this.#word(2) + i);
      const out = this.#of(i, 0);
      this.#put(this.#word(5) + i, value * out);
      if (out === 0) stuck += value;
      if (this.#word(22) !== 0) continue;
      const away = value - this.#vec(this.#word(30) + i);
      this.#put(this.#word(8) + 2 * i, value);
      this.#put(this.#word(8) + 2 * i + 1, away * this.#of(i, 4));
    }
    this.#partial(0, stuck);
  }

  #weighStuck(): void {
    const stuck = this.#scalar(64);
    this.#putScalar(0, this.#constant(18) + this.#constant(20) * stuck);
  }

  #mix(): void {
    let mass = 0;
    for (let i = 0; i < this.n; i++) {
      let then = this.#vec(this.#word(3) + i);
      if (this.#word(22) === 0) {
        const now = this.#vec(this.#word(2) + i);
        const degree = this.#of(i, 5);
        const base = this.#word(31) + i;
        const heat = degree > 0
          ? degree * this.#vec(this.#word(9) + i) + this.#vec(base)
          : now;
        if (this.#word(23) !== 0) {
          this.#put(this.#word(30) + i, now);
          this.#put(base, heat);
        }
        then += this.#constant(18) * Math.max(heat, 0);
        this.#put(this.#word(3) + i, then);
      }
      mass += then;
    }
    this.#partial(0, mass);
  }

  #weighMass(): void {
    this.#putScalar(1, 1 / this.#scalar(64));
  }

  #settle(): void {
    let change = 0;
    for (let i = 0; i < this.n; i++) {
      const then = this.#vec(this.#word(3) + i) * this.#scalar(1);
      this.#put(this.#word(3) + i, then);
      change += Math.abs(then - this.#vec(this.#word(2) + i));
    }
    this.#partial(0, change);
  }

  /** Nothing is extrapolated here: rounds are plain. */
  #aim(): void {
    for (let slot = 2; slot < 5; slot++) this.#putScalar(slot, 0);
    this.#putScalar(8 + this.#word(32), this.#scalar(64));
  }

  #blend(): void {
    for (let i = 0; i < this.n; i++) {
      this.#put(this.#word(27) + i, this.#vec(this.#word(3) + i));
    }
  }
}
