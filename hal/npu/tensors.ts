/**
 * Whether tensors are those that a model takes or gives, and how large they are.
 *
 * Deliberately absent: what their octets mean.
 */
import type { Element, Port, Tensor } from "../npu_contract.ts";

export const ELEMENT_OCTETS: Readonly<Record<Element, number>> = Object.freeze({
  float32: 4,
  float64: 8,
  int8: 1,
  int16: 2,
  int32: 4,
  int64: 8,
  uint8: 1,
  uint16: 2,
  uint32: 4,
  uint64: 8,
  boolean: 1,
});

/** Lengths that symbols stand for in one run. */
export type Symbols = Map<string, number>;

/** Elements of a shape; it may be more than a number holds exactly. */
export function countOf(shape: Iterable<number>): number {
  let product = 1;
  for (const length of shape) product *= length;
  return product;
}

/**
 * Which tensor is not the port of its name; undefined if all are, and every port
 * has one. What symbols stand for is added to `symbols`.
 */
export function misfit(
  ports: readonly Port[],
  tensors: readonly Tensor[],
  symbols: Symbols,
): string | undefined {
  const seen = new Set<Port>();
  for (const tensor of tensors) {
    const port = ports.find(({ name }) => name === tensor.name);
    if (port === undefined || seen.has(port) || !fits(port, tensor, symbols)) {
      return tensor.name;
    }
    seen.add(port);
  }
  if (seen.size === ports.length) return undefined;
  return ports.find((port) => !seen.has(port))?.name;
}

function fits(
  { element, shape }: Port,
  tensor: Tensor,
  symbols: Symbols,
): boolean {
  if (tensor.element !== element || tensor.shape.length !== shape.length) {
    return false;
  }
  const octets = countOf(tensor.shape) * ELEMENT_OCTETS[element];
  if (tensor.octets.length !== octets) return false;
  return shape.every((dimension, at) => {
    const length = tensor.shape[at] ?? 0;
    if (dimension.tag === "fixed") return dimension.val === length;
    if (dimension.val === "") return true;
    const known = symbols.get(dimension.val);
    symbols.set(dimension.val, length);
    return known === undefined || known === length;
  });
}

/** Octets that ports have, where symbols say it; at most `most`. */
export function octetsOf(
  ports: readonly Port[],
  symbols: Symbols,
  most: number,
): number {
  let sum = 0;
  for (const { element, shape } of ports) {
    const lengths = shape.map((dimension) =>
      dimension.tag === "fixed"
        ? dimension.val
        : symbols.get(dimension.val) ?? Infinity
    );
    // Zero elements are zero octets, whatever the rest is.
    const count = lengths.includes(0) ? 0 : countOf(lengths);
    sum += count * ELEMENT_OCTETS[element];
  }
  return Math.min(sum, most);
}
