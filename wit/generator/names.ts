/**
 * From WIT names to names in TypeScript and AssemblyScript.
 */

/** `should-yield` to `shouldYield`. */
export function camel(name: string): string {
  const pascalName = pascal(name);
  return pascalName.charAt(0).toLowerCase() + pascalName.slice(1);
}

/** `chain-end` to `ChainEnd`. */
export function pascal(name: string): string {
  return name.split("-").map((word) =>
    word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()
  ).join("");
}

/** `chain-end` to `chain_end`. */
export function snake(name: string): string {
  return name.replaceAll("-", "_").toLowerCase();
}

/** `chain-end` to `CHAIN_END`. */
export function upper(name: string): string {
  return name.replaceAll("-", "_").toUpperCase();
}

/** The pieces of `karyon:graph/reads@0.1.0`. */
export interface InterfaceName {
  readonly namespace: string;
  readonly pack: string;
  readonly iface: string;
}

/** Takes an interface's full name apart. */
export function interfaceName(name: string): InterfaceName {
  const match = /^([^:]+):([^/]+)\/([^@]+)/.exec(name);
  if (match === null) throw new Error(`"${name}" is no interface name`);
  return {
    namespace: match[1] as string,
    pack: match[2] as string,
    iface: match[3] as string,
  };
}

/** The pieces of a function's name. */
export interface FuncName {
  readonly kind: "plain" | "constructor" | "method" | "static";
  /** Resource, where there is one. */
  readonly resource: string;
  readonly name: string;
}

/** Takes `[method]cursor.next` apart. */
export function funcName(name: string): FuncName {
  const match = /^\[(constructor|method|static)\]([^.]+)(?:\.(.+))?$/.exec(
    name,
  );
  if (match === null) return { kind: "plain", resource: "", name };
  return {
    kind: match[1] as "constructor" | "method" | "static",
    resource: match[2] as string,
    name: match[3] ?? "constructor",
  };
}

const RESERVED_JS = `break case catch class const continue debugger default
delete do else enum export extends false finally for function if import in
instanceof new null return super switch this throw true try typeof var void
while with yield let static implements interface package private protected
public await async arguments eval undefined constructor prototype`;

const RESERVED_AS = `i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 isize usize bool
v128 of override abort assert unreachable load store memory heap changetype abi`;

const RESERVED_CLASSES = `Array ArrayBuffer Object String Number Boolean Map
Set Date Error Math Function Symbol Promise Atomics DataView Option Result
Unit Int8Array Uint8Array Int16Array Uint16Array Int32Array Uint32Array
Int64Array Uint64Array Float32Array Float64Array StaticArray JSON RegExp
TypeError RangeError SyntaxError Iterator Iterable I8 I16 I32 I64 U8 U16 U32
U64 F32 F64 Tuple1 Tuple2 Tuple3 Tuple4 Tuple5 Tuple6 Tuple7 Tuple8 Exported
ArrayBufferView Record Uint8ClampedArray Reflect Proxy WeakMap WeakSet BigInt`;

const words = (...lists: string[]) => new Set(lists.join(" ").split(/\s+/));
const SCRIPT = words(RESERVED_JS, RESERVED_AS);
const JS = words(RESERVED_JS);
const CLASSES = words(RESERVED_CLASSES);

/** A name for a variable, field or function in AssemblyScript. */
export function scriptName(name: string): string {
  const made = camel(name);
  return SCRIPT.has(made) ? made + "_" : made;
}

/** A name for a variable in TypeScript. */
export function variableName(name: string): string {
  const made = camel(name);
  return JS.has(made) ? made + "_" : made;
}

/** A name for a class or type, in either language. */
export function typeName(name: string): string {
  const made = pascal(name);
  return CLASSES.has(made) ? made + "_" : made;
}
