/**
 * The figures of the publication's last round, kept while other computations use the iteration.
 */
import { dropIteration } from "./iterate";
import { Iteration } from "./iteration";
import { onAll } from "./prior";

let rounds: u32 = 0;
let residual: f64 = 0;
let mass: f64 = 1;
let heatError: f64 = 0;
let tolerance: f64 = 0;

export function keepFigures(): void {
  rounds = Iteration.rounds;
  residual = Iteration.residual;
  mass = Iteration.mass;
  heatError = Iteration.heatError;
  tolerance = Iteration.tolerance;
}

/** The publication's own figures stand again; what the iteration took is given back. */
export function restoreFigures(): void {
  dropIteration();
  onAll();
  Iteration.rounds = rounds;
  Iteration.residual = residual;
  Iteration.mass = mass;
  Iteration.heatError = heatError;
  Iteration.tolerance = tolerance;
}
