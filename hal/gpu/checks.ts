/**
 * What is refused before a device sees it, chosen in the order of the contract.
 *
 * All drivers share these checks, so that a caller cannot tell them apart by
 * what they refuse. `gone`, `wrong-deadline` and `full` are the session's.
 */
import type {
  Launch,
  Limits,
  Range,
  Refusal,
  Source,
  Work,
} from "../gpu_contract.ts";
import type { GpuLedger } from "./ledger.ts";

const WORD = 4n;
const utf8 = new TextEncoder();

/** The rules of one request, in the order in which they are asked. */
interface Checks {
  /** Buffers that it names. */
  readonly buffers: readonly bigint[];
  readonly program?: bigint;
  /** Everything that has to be a multiple of four. */
  readonly places: readonly bigint[];
  /** Everything that must not be zero. */
  readonly counts: readonly bigint[];
  /** Offsets of bindings. */
  readonly bound?: readonly bigint[];
  readonly ranges: readonly Range[];
  /** Name of a limit, what it is, what is asked. */
  readonly most: ReadonlyArray<readonly [string, bigint, bigint]>;
  readonly fits?: () => boolean;
}

/** Why the device is not asked; undefined if it is. */
export function refusalOf(
  work: Work,
  limits: Limits,
  ledger: GpuLedger,
): Refusal | undefined {
  const checks = checksOf(work, limits, ledger);
  const { buffers, program, places, counts, bound = [], ranges } = checks;
  if (
    buffers.some((name) => ledger.octetsOf(name) === undefined) ||
    (program !== undefined && ledger.bindingsOf(program) === undefined)
  ) return { tag: "unknown" };
  const step = BigInt(limits.bindingAlignment);
  if (
    places.some((place) => place % WORD !== 0n) ||
    bound.some((place) => place % step !== 0n) || counts.includes(0n)
  ) return { tag: "misaligned" };
  if (ranges.some((range) => !inside(range, ledger))) {
    return { tag: "out-of-range" };
  }
  for (const [name, limit, asked] of checks.most) {
    if (asked > limit) return { tag: "over-limit", val: name };
  }
  if (checks.fits?.() === false) return { tag: "wrong-bindings" };
  return undefined;
}

function inside({ buffer, offset, length }: Range, ledger: GpuLedger): boolean {
  const octets = ledger.octetsOf(buffer) ?? 0n;
  return offset <= octets && length <= octets - offset;
}

function checksOf(work: Work, limits: Limits, ledger: GpuLedger): Checks {
  switch (work.tag) {
    case "allocate":
      return allocation(work.val, limits, ledger);
    case "compile":
      return compilation(work.val, limits, ledger);
    case "write": {
      const { buffer, offset, octets } = work.val;
      const length = BigInt(octets.length);
      return moved({ buffer, offset, length }, limits);
    }
    case "read":
      return moved(work.val, limits);
    case "copy": {
      const { source, buffer, offset } = work.val;
      const { length } = source;
      return {
        buffers: [source.buffer, buffer],
        places: [source.offset, offset, length],
        counts: [length],
        ranges: [source, { buffer, offset, length }],
        most: [],
        fits: () => source.buffer !== buffer,
      };
    }
    case "dispatch":
      return dispatched(work.val, limits, ledger);
  }
}

function allocation(octets: bigint, limits: Limits, ledger: GpuLedger): Checks {
  return {
    buffers: [],
    places: [octets],
    counts: [octets],
    ranges: [],
    most: [
      ["buffer-max", limits.bufferMax, octets],
      ["memory-max", limits.memoryMax, ledger.memory + octets],
      ["buffers-max", BigInt(limits.buffersMax), BigInt(ledger.buffers + 1)],
    ],
  };
}

function compilation(
  { wgsl, entry, bindings }: Source,
  limits: Limits,
  ledger: GpuLedger,
): Checks {
  // No text has more octets than three for each unit.
  const units = wgsl.length + entry.length;
  const octets = units > limits.sourceMax
    ? units
    : utf8.encode(wgsl).length + utf8.encode(entry).length;
  return {
    buffers: [],
    places: [],
    counts: [BigInt(wgsl.length), BigInt(entry.length)],
    ranges: [],
    most: [
      ["source-max", BigInt(limits.sourceMax), BigInt(octets)],
      ["bindings-max", BigInt(limits.bindingsMax), BigInt(bindings.length)],
      ["programs-max", BigInt(limits.programsMax), BigInt(ledger.programs + 1)],
    ],
  };
}

function moved(range: Range, limits: Limits): Checks {
  return {
    buffers: [range.buffer],
    places: [range.offset, range.length],
    counts: [range.length],
    ranges: [range],
    most: [["transfer-max", BigInt(limits.transferMax), range.length]],
  };
}

function dispatched(
  { program, ranges, x, y, z }: Launch,
  limits: Limits,
  ledger: GpuLedger,
): Checks {
  const groups = [x, y, z].map(BigInt);
  return {
    buffers: ranges.map(({ buffer }) => buffer),
    program,
    places: ranges.map(({ length }) => length),
    counts: [...groups, ...ranges.map(({ length }) => length)],
    bound: ranges.map(({ offset }) => offset),
    ranges,
    most: groups.map((asked) =>
      ["groups-max", BigInt(limits.groupsMax), asked] as const
    ),
    fits: () => fits(ranges, ledger.bindingsOf(program) ?? []),
  };
}

function fits(
  ranges: readonly Range[],
  bindings: ReadonlyArray<"read" | "read-write">,
): boolean {
  if (ranges.length !== bindings.length) return false;
  return bindings.every((access, at) =>
    access === "read" ||
    ranges.every(({ buffer }, other) =>
      other === at || buffer !== ranges[at]?.buffer
    )
  );
}
