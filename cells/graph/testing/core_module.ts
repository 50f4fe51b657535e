/**
 * The core module inside a built component, for tests that need no kernel.
 *
 * A component carries its core modules whole, each in a section of its own; the
 * cell's is the one that has a memory.
 */

const COMPONENT_CORE_MODULE = 1;
const CORE_MEMORY = 5;
const HEADER_OCTETS = 8;

/** Each section's number and body. */
function* sections(octets: Uint8Array): Generator<[number, Uint8Array]> {
  let at = HEADER_OCTETS;
  while (at < octets.length) {
    const id = octets[at++]!;
    let size = 0;
    for (let shift = 0;; shift += 7) {
      const octet = octets[at++]!;
      size += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) break;
    }
    yield [id, octets.subarray(at, at + size)];
    at += size;
  }
}

/** The cell's own core module. */
export function coreOf(component: Uint8Array): Uint8Array {
  const cores = [...sections(component)]
    .filter(([id]) => id === COMPONENT_CORE_MODULE)
    .map(([, body]) => body)
    .filter((core) => [...sections(core)].some(([id]) => id === CORE_MEMORY));
  if (cores.length !== 1) throw new Error(`${cores.length} memories, not one`);
  return cores[0]!;
}
