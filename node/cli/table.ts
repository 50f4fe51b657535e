/**
 * Tables that fit the terminal.
 *
 * Where room is short, flexible columns shrink to their least width; where that
 * is not enough, the columns that matter least are left out.
 */
import { pad, printable, width } from "./width.ts";

export interface Column<Row> {
  readonly title: string;
  value(row: Row): string;
  readonly right?: boolean;
  /** Least width of a column that may shrink. */
  readonly flex?: number;
  /** Columns with a higher number are left out first; 0 stays. */
  readonly spare?: number;
}

const GAP = "  ";

/** Lines without a line feed; the first one is the head. */
export function table<Row>(
  columns: ReadonlyArray<Column<Row>>,
  rows: ReadonlyArray<Row>,
  columnsMax: number | undefined,
): ReadonlyArray<string> {
  const cells = columns.map((column) => ({
    column,
    texts: rows.map((row) => printable(column.value(row))),
  }));
  let shown = cells.map(({ column, texts }) => ({
    column,
    texts,
    cells: Math.max(width(column.title), ...texts.map(width)),
  }));
  if (columnsMax !== undefined) shown = fitted(shown, columnsMax);
  const line = (textOf: (one: typeof shown[number]) => string) =>
    shown.map((one) => pad(textOf(one), one.cells, one.column.right)).join(GAP)
      .trimEnd();
  return [
    line(({ column }) => column.title),
    ...rows.map((_, index) => line(({ texts }) => texts[index] ?? "")),
  ];
}

interface Sized {
  readonly column: { readonly flex?: number; readonly spare?: number };
  readonly cells: number;
}

function total(shown: ReadonlyArray<Sized>): number {
  return shown.reduce((sum, { cells }) => sum + cells, 0) +
    GAP.length * Math.max(0, shown.length - 1);
}

function fitted<S extends Sized>(all: ReadonlyArray<S>, room: number): S[] {
  let shown = [...all];
  for (;;) {
    const over = total(shown) - room;
    if (over <= 0) return shown;
    const give = shown.map(({ column, cells }) =>
      column.flex === undefined ? 0 : Math.max(0, cells - column.flex)
    );
    const givable = give.reduce((sum, one) => sum + one, 0);
    if (givable >= over) return shrunk(shown, give, over, givable);
    const spare = Math.max(...shown.map(({ column }) => column.spare ?? 0));
    if (spare === 0 || shown.length === 1) {
      return shrunk(shown, give, givable, givable);
    }
    const last = shown.findLastIndex(({ column }) => column.spare === spare);
    shown = shown.toSpliced(last, 1);
  }
}

function shrunk<S extends Sized>(
  shown: ReadonlyArray<S>,
  give: ReadonlyArray<number>,
  over: number,
  givable: number,
): S[] {
  let left = over;
  return shown.map((one, index) => {
    const share = Math.min(
      left,
      Math.ceil(over * (give[index] ?? 0) / Math.max(1, givable)),
    );
    left -= share;
    return { ...one, cells: one.cells - share };
  });
}
