/** Admission: the reservations of one hart must fit into its epoch. */
import { EPOCH_MS } from "../limits.ts";

export interface Reservation {
  readonly name: string;
  /** Processor time per epoch. */
  readonly budgetMs: number;
}

/**
 * Returns why the cells do not fit, with the arithmetic, or nothing. The test
 * is exact for one deadline per epoch: earliest deadline first meets all
 * deadlines iff the utilisation is at most one (Liu and Layland, 1973).
 */
export function admit(
  cells: ReadonlyArray<Reservation>,
): string | undefined {
  const reserving = cells.filter((cell) => cell.budgetMs > 0);
  const total = reserving.reduce((sum, cell) => sum + cell.budgetMs, 0);
  if (total <= EPOCH_MS) return undefined;
  const sum = reserving
    .map((cell) => `${cell.name} ${cell.budgetMs}`)
    .join(" + ");
  return `budgets do not fit: ${sum} = ${total} ms in an epoch of ${EPOCH_MS} ms; take off ${
    total - EPOCH_MS
  } ms`;
}
