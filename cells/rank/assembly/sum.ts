/** A sum of f64 that rounds once: what each addition loses is kept beside it. */
export class Sum {
  total: f64 = 0;
  lost: f64 = 0;

  add(value: f64): void {
    const next = this.total + value;
    this.lost += Math.abs(this.total) >= Math.abs(value)
      ? (this.total - next) + value
      : (value - next) + this.total;
    this.total = next;
  }

  get value(): f64 {
    return this.total + this.lost;
  }
}
