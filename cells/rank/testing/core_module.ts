/**
 * The core module of a built component, and its memory under a ceiling.
 *
 * For tests that run a cell without a kernel. A component carries its core
 * modules whole, each in a section of its own.
 */

/** Section numbers: of a component, and of a core module. */
const COMPONENT_CORE_MODULE = 1;
const CORE_MEMORY = 5;

interface Section {
  readonly id: number;
  /** Offsets of its first octet, its body, and its end. */
  readonly start: number;
  readonly body: number;
  readonly end: number;
}

/** The one core module of a component that has a memory of its own. */
export function coreOf(component: Uint8Array): Uint8Array {
  const cores = sections(component)
    .filter(({ id }) => id === COMPONENT_CORE_MODULE)
    .map(({ body, end }) => component.subarray(body, end))
    .filter((core) => memorySection(core) !== undefined);
  if (cores.length !== 1) throw new Error(`${cores.length} memories, not one`);
  return cores[0]!;
}

/** The same module whose memory grows to `pages` at most. */
export function withMemoryMax(core: Uint8Array, pages: number): Uint8Array {
  const section = memorySection(core);
  if (section === undefined) throw new Error("no memory section");
  const body = core.subarray(section.body, section.end);
  if (body[0] !== 1 || body[1] !== 0) throw new Error("memory has a maximum");
  const limits = [1, 1, ...body.subarray(2), ...leb(pages)];
  return Uint8Array.from([
    ...core.subarray(0, section.start),
    CORE_MEMORY,
    ...leb(limits.length),
    ...limits,
    ...core.subarray(section.end),
  ]);
}

function memorySection(core: Uint8Array): Section | undefined {
  return sections(core).find(({ id }) => id === CORE_MEMORY);
}

/** The sections after the header, of a component or a core module. */
function sections(octets: Uint8Array): Section[] {
  const found: Section[] = [];
  for (let at = 8; at < octets.length;) {
    const start = at;
    const id = octets[at++]!;
    let size = 0;
    for (let shift = 0;; shift += 7) {
      const octet = octets[at++]!;
      size += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) break;
    }
    found.push({ id, start, body: at, end: at + size });
    at += size;
  }
  return found;
}

function leb(value: number): number[] {
  const octets: number[] = [];
  for (let rest = value;; rest >>>= 7) {
    if (rest < 0x80) return [...octets, rest];
    octets.push((rest & 0x7f) | 0x80);
  }
}
