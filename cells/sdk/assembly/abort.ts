/**
 * What `abort`, `assert` and every broken promise of the language end in: a trap that ends the generation.
 */
export function abort(
  _message: string | null = null,
  _file: string | null = null,
  _line: u32 = 0,
  _column: u32 = 0,
): void {
  unreachable();
}
