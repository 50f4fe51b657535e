/**
 * What a module shows: signatures, imports with their types, exports.
 *
 * The platform's own lists do not say which types a function takes and gives,
 * and a host needs them to answer and to call.
 */
import { readLimits } from "../../../../kernel/engine/rewriter/growth.ts";
import { Reader } from "../../../../kernel/engine/rewriter/reader.ts";
import { SECTION } from "../../../../kernel/engine/rewriter/sections.ts";
import {
  skipHeapType,
  skipValueType,
} from "../../../../kernel/engine/rewriter/types.ts";

export type ValueType =
  | "i32"
  | "i64"
  | "f32"
  | "f64"
  | "v128"
  | "externref"
  | "funcref"
  /** Another reference that may be null, and one that may not. */
  | "ref null"
  | "ref";

export interface Signature {
  readonly params: readonly ValueType[];
  readonly results: readonly ValueType[];
}

export interface ImportNeed {
  readonly module: string;
  readonly name: string;
  readonly kind: "function" | "table" | "memory" | "global" | "tag";
  /** Of a function or tag. */
  readonly signature: Signature;
  /** Of a global or table. */
  readonly type: ValueType;
  readonly isMutable: boolean;
  readonly minimum: number;
  readonly maximum: number | undefined;
  readonly isShared: boolean;
  readonly is64: boolean;
}

export interface Exported {
  readonly name: string;
  readonly kind: ImportNeed["kind"];
  readonly index: number;
}

export interface Surface {
  /** Of each type; of what is no function an empty one. */
  readonly signatures: readonly Signature[];
  readonly imports: readonly ImportNeed[];
  /** The type of each defined function. */
  readonly functions: readonly number[];
  /** How many tables, memories and globals it defines. */
  readonly defined: {
    readonly table: number;
    readonly memory: number;
    readonly global: number;
  };
  readonly exports: readonly Exported[];
}

const KINDS = ["function", "table", "memory", "global", "tag"] as const;
const NOTHING: Signature = { params: [], results: [] };
const NAME_MAX = 100_000;
const NUMBERS: Readonly<Record<number, ValueType>> = {
  0x7f: "i32",
  0x7e: "i64",
  0x7d: "f32",
  0x7c: "f64",
  0x7b: "v128",
  0x70: "funcref",
  0x6f: "externref",
};

function valueType(reader: Reader): ValueType {
  const first = reader.peek();
  const from = reader.at;
  skipValueType(reader);
  const [, second] = reader.slice(from, reader.at);
  if (first === 0x63) return NUMBERS[second ?? 0] ?? "ref null";
  return first === 0x64 ? "ref" : NUMBERS[first] ?? "ref null";
}

function valueTypes(reader: Reader): ValueType[] {
  return Array.from({ length: reader.u32() }, () => valueType(reader));
}

function skipField(reader: Reader): void {
  const octet = reader.peek();
  if (octet === 0x78 || octet === 0x77) reader.skip(1);
  else skipValueType(reader);
  reader.skip(1);
}

function signature(reader: Reader): Signature {
  let form = reader.byte();
  if (form === 0x50 || form === 0x4f) {
    for (let left = reader.u32(); left > 0; left--) reader.u32();
    form = reader.byte();
  }
  if (form === 0x60) {
    return { params: valueTypes(reader), results: valueTypes(reader) };
  }
  for (let left = form === 0x5f ? reader.u32() : 1; left > 0; left--) {
    skipField(reader);
  }
  return NOTHING;
}

function readSignatures(reader: Reader): Signature[] {
  const signatures: Signature[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    let group = 1;
    if (reader.peek() === 0x4e) {
      reader.skip(1);
      group = reader.u32();
    }
    for (; group > 0; group--) signatures.push(signature(reader));
  }
  return signatures;
}

function readImport(
  reader: Reader,
  signatures: readonly Signature[],
): ImportNeed {
  const module = reader.name(NAME_MAX);
  const name = reader.name(NAME_MAX);
  const kind = KINDS[reader.byte()] ?? "function";
  if (kind === "tag") reader.skip(1);
  const isCode = kind === "function" || kind === "tag";
  const ofCode = isCode ? signatures[reader.u32()] ?? NOTHING : NOTHING;
  const type = kind === "global" || kind === "table"
    ? tableType(reader)
    : "i32";
  const isMutable = kind === "global" && reader.byte() === 1;
  const limits = kind === "table" || kind === "memory"
    ? readLimits(reader)
    : { minimum: 0, maximum: undefined, isShared: false, is64: false };
  return { module, name, kind, signature: ofCode, type, isMutable, ...limits };
}

/** Short forms, and the long ones of typed references. */
function tableType(reader: Reader): ValueType {
  if (reader.peek() !== 0x64) return valueType(reader);
  reader.skip(1);
  skipHeapType(reader);
  return "ref";
}

export function readSurface(
  sections: ReadonlyMap<number, Uint8Array>,
): Surface {
  const list = <T>(id: number, read: (reader: Reader) => T): T[] => {
    const octets = sections.get(id);
    if (octets === undefined) return [];
    const reader = new Reader(octets);
    return Array.from({ length: reader.u32() }, () => read(reader));
  };
  const types = sections.get(SECTION.type);
  const signatures = types === undefined
    ? []
    : readSignatures(new Reader(types));
  const count = (id: number) => {
    const octets = sections.get(id);
    return octets === undefined ? 0 : new Reader(octets).u32();
  };
  return {
    signatures,
    imports: list(SECTION.import, (reader) => readImport(reader, signatures)),
    functions: list(SECTION.function, (reader) => reader.u32()),
    defined: {
      table: count(SECTION.table),
      memory: count(SECTION.memory),
      global: count(SECTION.global),
    },
    exports: list(SECTION.export, (reader) => ({
      name: reader.name(NAME_MAX),
      kind: KINDS[reader.byte()] ?? "function",
      index: reader.u32(),
    })),
  };
}

/** Of a function by its index, imported ones first. */
export function signatureOf(surface: Surface, index: number): Signature {
  const imported = surface.imports.filter(({ kind }) => kind === "function");
  return imported[index]?.signature ??
    surface.signatures[surface.functions[index - imported.length] ?? -1] ??
    NOTHING;
}
