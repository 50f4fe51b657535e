/** Values as they compare: an empty payload may be left out or undefined. */
export function plain<T>(value: T): T {
  return without(value) as T;
}

function without(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(without);
  if (value === null || typeof value !== "object") return value;
  if (ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, inner]) => key !== "val" || inner !== undefined)
      .map(([key, inner]) => [key, without(inner)]),
  );
}
