/**
 * What the coupled iteration is asked for, and what came of it.
 *
 * Set before `beginIteration`; the outcome is valid until the next one begins.
 */
export class Iteration {
  // What to compute: set before `beginIteration`.
  static tolerance: f64 = 0;
  static roundsMax: u32 = 0;
  static acceleration: u32 = 0;
  /** Diffusion alone. */
  static plain: bool = false;
  /** f64[known] by particle number, to start from; 0 and 0 for the uniform start. */
  static start: usize = 0;
  static known: u32 = 0;
  /** How much the first round is thought to change it. */
  static startChange: f64 = 0;

  static rounds: u32 = 0;
  static residual: f64 = 0;
  /** What the last round was divided by; weight of all axons, at both ends. */
  static mass: f64 = 1;
  static volume: f64 = 0;
  /** The last round's heat is wrong at node i by sqrt(d_i) times this at most. */
  static heatError: f64 = 0;
  /** f64[n]: what the last round started from. */
  static before: usize = 0;
  /** The mass of a round was no number above 0: sums came that are none. */
  static isBroken: bool = false;
  /** f64[n] and f64[rounds]; valid until the next `beginIteration`. */
  static focus: usize = 0;
  static history: usize = 0;
}
