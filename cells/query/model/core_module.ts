/**
 * A component's core module, and a core module with less memory.
 *
 * Only as much of the binary formats as that takes.
 */

const PREAMBLE_OCTETS = 8;
const COMPONENT_CORE_MODULE = 1;
const CORE_MEMORY = 5;

/** The first core module of a component: the cell itself. */
export function coreModule(component: Uint8Array): Uint8Array<ArrayBuffer> {
  for (const { id, start, end } of sectionsOf(component)) {
    if (id === COMPONENT_CORE_MODULE) return component.slice(start, end);
  }
  throw new Error("the component has no core module");
}

/** The same module, whose one memory may grow to `pages` at most. */
export function withMemoryMax(
  module: Uint8Array<ArrayBuffer>,
  pages: number,
): Uint8Array<ArrayBuffer> {
  for (const { id, at, start, end } of sectionsOf(module)) {
    if (id !== CORE_MEMORY) continue;
    const flagsAt = start + 1;
    if (module[start] !== 1) throw new Error("not one memory");
    const minimum = readNumber(module, flagsAt + 1);
    const payload = [1, 1, ...numberOf(minimum.value), ...numberOf(pages)];
    const section = [CORE_MEMORY, ...numberOf(payload.length), ...payload];
    const rest = module.subarray(end);
    const changed = new Uint8Array(at + section.length + rest.length);
    changed.set(module.subarray(0, at), 0);
    changed.set(section, at);
    changed.set(rest, at + section.length);
    return changed;
  }
  throw new Error("the module has no memory");
}

interface Section {
  id: number;
  /** Where its id is. */
  at: number;
  start: number;
  end: number;
}

function* sectionsOf(binary: Uint8Array): Generator<Section> {
  let at = PREAMBLE_OCTETS;
  while (at < binary.length) {
    const size = readNumber(binary, at + 1);
    const end = size.next + size.value;
    yield { id: binary[at] ?? 0, at, start: size.next, end };
    at = end;
  }
}

/** An unsigned LEB128 number and where it ends. */
function readNumber(
  binary: Uint8Array,
  at: number,
): { value: number; next: number } {
  let value = 0;
  for (let factor = 1;; factor *= 128) {
    const octet = binary[at++] ?? 0;
    value += (octet & 0x7f) * factor;
    if (octet < 0x80) return { value, next: at };
  }
}

function numberOf(value: number): number[] {
  return value < 128
    ? [value]
    : [value % 128 + 128, ...numberOf(Math.floor(value / 128))];
}
