/** A checked program as a WebAssembly module, and what its host must know. */
import type { ProgramIr } from "../wgsl/check_module.ts";
import type { FunctionIr, Variable } from "../wgsl/ir.ts";
import { IMPORTED, IMPORTED_TWO } from "../wgsl/math.ts";
import { WgslRefused } from "../wgsl/refused.ts";
import {
  type Access,
  isFlat,
  isRuntimeSized,
  sizeOf,
  sizeOfFlat,
  strideOf,
  type Type,
} from "../wgsl/types.ts";
import { Body, OP, TooManyLocals } from "./body.ts";
import { ModuleEncoder, type Signature, type ValueType } from "./encoder.ts";
import { eachFrame } from "./frames.ts";
import { GroupWriter } from "./groups.ts";
import { FRAME, ProgramMemory, ScratchFull } from "./memory.ts";
import { FunctionWriter, pay } from "./statements.ts";
import {
  type Bound,
  type GeneratedFunction,
  type Home,
  type Shared,
  wasmType,
} from "./writer.ts";

/** A buffer that the program uses. */
export interface BoundInfo {
  readonly binding: number;
  readonly access: Access;
  /** Octets that a range has at least. */
  readonly least: number;
  /** Where its array without a size begins, and how far its elements are apart. */
  readonly tail:
    | { readonly offset: number; readonly stride: number }
    | undefined;
}

export interface GeneratedProgram {
  readonly octets: Uint8Array<ArrayBuffer>;
  /** In the order in which `setup` wants them. */
  readonly bound: readonly BoundInfo[];
  /** What lies in the scratch before a run. */
  readonly chunks: ReadonlyArray<{ at: number; octets: Uint8Array }>;
  readonly frames: number;
  readonly framesEnd: number;
  readonly frameOctets: number;
}

const CALL_COST = 16;

export function generate(program: ProgramIr): GeneratedProgram {
  try {
    return generated(program);
  } catch (error) {
    const { place, name } = program.entry;
    if (error instanceof TooManyLocals || error instanceof RangeError) {
      throw new WgslRefused(
        place,
        `a function that ${name} needs is too large`,
        "cut it up",
      );
    }
    if (!(error instanceof ScratchFull)) throw error;
    throw new WgslRefused(
      place,
      `${name} is too large: ${error.message}`,
      "use less",
    );
  }
}

function generated(program: ProgramIr): GeneratedProgram {
  const { entry, functions, variables, size } = program;
  const shared = sharedOf(program);
  const { encoder, memory } = shared;
  const workgroup = variables.filter(({ space }) => space === "workgroup");
  const from = memory.allocate(0);
  for (const variable of workgroup) {
    shared.homes.set(variable, {
      kind: "fixed",
      address: memory.of(variable.type),
    });
  }
  const until = memory.allocate(0);
  for (const variable of variables) {
    if (variable.space !== "private") continue;
    const offset = memory.inFrame(variable.type);
    shared.homes.set(variable, { kind: "frame", offset });
  }
  for (const one of functions) shared.functions.set(one, declared(one, shared));
  for (const one of functions) define(one, shared);
  const exported = encoder.declare(signature(3));
  encoder.define(
    exported,
    groupCode(entry, { shared, size, from, until, variables }),
  );
  const bound = [...shared.bound.values()];
  const setup = encoder.declare(signature(6 + 2 * bound.length));
  encoder.define(setup, setupCode(shared, bound));
  encoder.exportFunction("group", exported);
  encoder.exportFunction("setup", setup);
  const { frameOctets } = memory;
  const frames = memory.allocate(frameOctets * shared.lanes);
  return {
    octets: encoder.encode(),
    bound: bound.map(({ variable }) => infoOf(variable)),
    chunks: memory.chunks,
    frames,
    framesEnd: frames + frameOctets * shared.lanes,
    frameOctets,
  };
}

interface Filled extends Shared {
  readonly homes: Map<Variable, Home>;
  readonly functions: Map<FunctionIr, GeneratedFunction>;
}

function sharedOf({ variables, size }: ProgramIr): Filled {
  const encoder = new ModuleEncoder();
  const tick = encoder.importFunction("tick", { params: [], results: ["i32"] });
  const stop = encoder.importFunction("stop", signature(2));
  const math = new Map<string, number>();
  for (const [names, count] of [[IMPORTED, 1], [IMPORTED_TWO, 2]] as const) {
    for (const name of Object.keys(names)) {
      const params = Array.from({ length: count }, () => "f32" as const);
      math.set(
        name,
        encoder.importFunction(name, { params, results: ["f32"] }),
      );
    }
  }
  const three = () =>
    [encoder.global(), encoder.global(), encoder.global()] as const;
  const bound = new Map<Variable, Bound>();
  for (const variable of variables) {
    const { binding } = variable;
    if (binding === undefined) continue;
    const [address, last] = [encoder.global(), encoder.global()];
    bound.set(variable, { variable, binding, address, last });
  }
  const [x, y, z] = size;
  return {
    encoder,
    memory: new ProgramMemory(),
    bound,
    functions: new Map(),
    homes: new Map(),
    globals: {
      frame: encoder.global(),
      frames: encoder.global(),
      framesEnd: encoder.global(),
      frameOctets: encoder.global(),
      fuel: encoder.global(),
      group: three(),
      groups: three(),
    },
    lanes: x * y * z,
    math,
    tick,
    stop,
  };
}

function signature(params: number): Signature {
  return { params: Array.from({ length: params }, () => "i32"), results: [] };
}

/** As components; what has parts goes by its address. */
function flat(type: Type): ValueType[] {
  const count = isFlat(type) ? sizeOfFlat(type) : 1;
  return Array.from({ length: count }, () => wasmType(type));
}

function declared(
  one: FunctionIr,
  { encoder, memory }: Shared,
): GeneratedFunction {
  const { parameters, result, hasBarrier } = one;
  if (!hasBarrier) {
    const index = encoder.declare({
      params: parameters.flatMap(({ type }) => flat(type)),
      results: result === undefined ? [] : flat(result),
    });
    return { index, parameters: [], result: undefined };
  }
  const inFrame = (type: Type): Home => ({
    kind: "frame",
    offset: memory.inFrame(type),
  });
  return {
    index: encoder.declare(signature(0)),
    parameters: parameters.map(({ type }) => inFrame(type)),
    result: result && inFrame(result),
  };
}

function define(one: FunctionIr, shared: Filled): void {
  const { encoder } = shared;
  const index = shared.functions.get(one)?.index;
  if (index === undefined) throw new Error(`${one.name} is not there`);
  if (one.hasBarrier) {
    const body = new Body(0);
    new GroupWriter(shared, body, one).write();
    encoder.define(index, body.code());
    return;
  }
  const counts = one.parameters.map(({ type }) => flat(type).length);
  const body = new Body(counts.reduce((sum, count) => sum + count, 0));
  const writer = new FunctionWriter(shared, body, one);
  let next = 0;
  for (const [at, variable] of one.parameters.entries()) {
    const locals = Array.from({ length: counts[at] ?? 0 }, () => next++);
    writer.homes.set(variable, { kind: "locals", locals });
  }
  pay(body, shared, CALL_COST);
  writer.list(one.body);
  if (one.result !== undefined) body.op(OP.unreachable);
  encoder.define(index, body.code());
}

interface Grouped {
  readonly shared: Filled;
  readonly size: readonly [number, number, number];
  /** The workgroup's variables. */
  readonly from: number;
  readonly until: number;
  readonly variables: readonly Variable[];
}

/** Runs one group: its place is what it is given. */
function groupCode(entry: FunctionIr, grouped: Grouped) {
  const { shared, from, until } = grouped;
  const { globals, functions } = shared;
  const body = new Body(3);
  for (const [at, global] of globals.group.entries()) {
    body.get(at).setGlobal(global);
  }
  if (until > from) body.i32(from).i32(0).i32(until - from).fill();
  const own = functions.get(entry);
  if (own === undefined) throw new Error("the entry is not there");
  const frame = body.take("i32");
  const starter = new FunctionWriter(shared, body, entry);
  eachFrame(body, shared, frame, () => {
    body.get(frame).setGlobal(globals.frame);
    body.get(frame).i32(0).store("i32", FRAME.status);
    for (const variable of grouped.variables) start(starter, variable);
    for (const [at, name] of entry.builtins.entries()) {
      const home = own.parameters[at];
      const parts = builtin(`${name}`, grouped);
      for (const [i, push] of parts.entries()) {
        if (home?.kind !== "frame") push(body);
        else {
          body.get(frame);
          push(body);
          body.store("i32", home.offset + 4 * i);
        }
      }
    }
    if (!entry.hasBarrier) body.call(own.index);
  });
  if (entry.hasBarrier) body.call(own.index);
  return body.code();
}

/** A variable of the invocation's own, as it is at first. */
function start(writer: FunctionWriter, variable: Variable): void {
  const { initial, type, space, access } = variable;
  if (space !== "private" || initial === undefined) return;
  const place = { line: 0, column: 0 };
  const to = { op: "variable", variable, type, space, access } as const;
  writer.statement({ op: "store", to, value: initial, place });
}

type Push = (body: Body) => void;

function builtin(name: string, { shared, size }: Grouped): Push[] {
  const { globals: { frame, group, groups } } = shared;
  const three = [0, 1, 2] as const;
  const local = (at: number) => (body: Body) =>
    void body.getGlobal(frame).load("i32", FRAME.local + 4 * at);
  switch (name) {
    case "local_invocation_id":
      return three.map(local);
    case "local_invocation_index":
      return [(body) => void body.getGlobal(frame).load("i32", FRAME.index)];
    case "workgroup_id":
      return three.map((at) => (body) => void body.getGlobal(group[at]));
    case "num_workgroups":
      return three.map((at) => (body) => void body.getGlobal(groups[at]));
    default:
      return three.map((at) => (body) => {
        body.getGlobal(group[at]).i32(size[at]).op(OP.i32Mul);
        local(at)(body);
        body.op(OP.i32Add);
      });
  }
}

/** Takes the counts of groups, the frames, and each buffer's place and last index. */
function setupCode({ globals }: Shared, bound: readonly Bound[]) {
  const body = new Body(6 + 2 * bound.length);
  const all = [
    ...globals.groups,
    globals.frames,
    globals.framesEnd,
    globals.frameOctets,
    ...bound.flatMap(({ address, last }) => [address, last]),
  ];
  for (const [at, global] of all.entries()) body.get(at).setGlobal(global);
  // So that two runs end at the same step, if they do not end by themselves.
  body.i32(0).setGlobal(globals.fuel);
  return body.code();
}

function infoOf({ type, binding = 0, access }: Variable): BoundInfo {
  const array = type.kind === "struct" ? type.members.at(-1) : undefined;
  const last = array?.type ?? type;
  const tail = isRuntimeSized(type) && last.kind === "array"
    ? { offset: array?.offset ?? 0, stride: strideOf(last) }
    : undefined;
  return { binding, access, least: sizeOf(type), tail };
}
