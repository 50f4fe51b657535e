/** Where a program keeps what is no buffer: addresses in the device's scratch. */
import { type Constant, isList } from "../wgsl/constants.ts";
import {
  alignOf,
  roundUp,
  sizeOf,
  strideOf,
  type Type,
} from "../wgsl/types.ts";

/** Octets at the start of the device's memory that all programs share. */
export const SCRATCH_OCTETS = 16 << 20;

/** What every invocation's frame begins with. */
export const FRAME = {
  /** 0: it runs. Otherwise why not. */
  status: 0,
  local: 4,
  index: 16,
  size: 32,
} as const;

/** The program needs more than there is. */
export class ScratchFull extends Error {
  constructor(octets: number) {
    super(
      `it needs ${octets} octets beside its buffers, ${SCRATCH_OCTETS} are the most`,
    );
  }
}

export class ProgramMemory {
  /** The first octets are nobody's. */
  #end = 64;
  #frame: number = FRAME.size;
  readonly #chunks: Array<{ at: number; octets: Uint8Array }> = [];
  readonly #known = new Map<string, number>();

  /** Octets of the frame of one invocation. */
  get frameOctets(): number {
    return roundUp(this.#frame, 16);
  }

  get chunks(): ReadonlyArray<{ at: number; octets: Uint8Array }> {
    return this.#chunks;
  }

  allocate(octets: number, align = 16): number {
    const at = roundUp(this.#end, align);
    this.#end = at + octets;
    if (this.#end > SCRATCH_OCTETS) throw new ScratchFull(this.#end);
    return at;
  }

  /** In every invocation's frame; gives its offset there. */
  inFrame(type: Type): number {
    const at = roundUp(this.#frame, alignOf(type));
    this.#frame = at + sizeOf(type);
    if (this.#frame > SCRATCH_OCTETS) throw new ScratchFull(this.#frame);
    return at;
  }

  of(type: Type): number {
    return this.allocate(sizeOf(type), alignOf(type));
  }

  /** Where a constant of parts lies; equal ones lie once. */
  constant(type: Type, value: Constant): number {
    const octets = new Uint8Array(sizeOf(type));
    write(new DataView(octets.buffer), 0, type, value);
    const text = octets.join();
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const at = this.allocate(octets.length);
    this.#chunks.push({ at, octets });
    this.#known.set(text, at);
    return at;
  }
}

function write(view: DataView, at: number, type: Type, value: Constant): void {
  const list = isList(value) ? value : [];
  switch (type.kind) {
    case "scalar":
      if (type.of === "f32") view.setFloat32(at, Number(value), true);
      else view.setInt32(at, Number(value), true);
      return;
    case "vec":
      for (const [i, part] of list.entries()) {
        write(view, at + 4 * i, { kind: "scalar", of: type.of }, part);
      }
      return;
    case "array":
      for (const [i, part] of list.entries()) {
        write(view, at + strideOf(type) * i, type.of, part);
      }
      return;
    case "struct":
      for (const [i, member] of type.members.entries()) {
        write(view, at + member.offset, member.type, list[i] ?? 0);
      }
  }
}
