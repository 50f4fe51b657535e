/**
 * The module that carries calls of one contract from one memory to another.
 *
 * It exports a function per function of the contract with the flat form that an
 * importer sees. That function keeps its arguments in globals and asks the host
 * for leave (`enter`); the host accounts for the call and runs the inner
 * function, in which everything happens, so that one frame of the host is there
 * to catch what traps. Non-reentrant: there is one set of globals.
 *
 * The order within a call: everything that the caller hands over is checked
 * before the called cell allocates, everything that comes back before the caller
 * does. So a lie costs the other side nothing, and it is known whose it was.
 *
 * Deliberately absent: resources, async.
 */
import type { FunctionInfo } from "../../../wit/abi/binding.ts";
import { LIFTED_OCTETS_MAX } from "../../../wit/abi/limits.ts";
import { type Func, resolved, type Type } from "../../../wit/decode/model.ts";
import {
  type Core,
  crossing,
  layout,
  payloadOffset,
  pointed,
} from "../../../wit/abi/layout.ts";
import { COUNTDOWN_ADDRESS } from "../rewriter/checks.ts";
import type { Body } from "./body.ts";
import { Checks } from "./check.ts";
import { Copies } from "./copy.ts";
import { checkFlat, copyFlat, slotsOf } from "./flat.ts";
import { ModuleParts } from "./module.ts";
import { ALIGN_4, ATOMIC_ADD, OP } from "./opcodes.ts";
import { armsOf, storeOf } from "./shapes.ts";
import { close, Side, WHO } from "./side.ts";

/** What `enter` answers. */
export const ENTERED = {
  done: 0,
  /** Nothing has happened: the host's own way answers. */
  slow: 1,
  /** The called cell has ended; the caller learns it as a value. */
  gone: 2,
} as const;

/** Names of what an adapter imports and exports; functions have a number. */
export const NAME = {
  callerMemory: "caller-memory",
  calleeMemory: "callee-memory",
  hart: "hart",
  callerRealloc: "caller-realloc",
  calleeRealloc: "callee-realloc",
  enter: "enter",
  core: "core-",
  post: "post-",
  slow: "slow-",
  call: "call-",
  inner: "inner-",
  after: "after-",
  who: "who",
  why: "why",
  /** What `inner` took off the countdown for the call has been given back. */
  given: "given",
  /** The called cell waits for its post-return function. */
  pending: "pending",
} as const;

/** The core signature that an importer of the function sees. */
export function importedType({ params, result }: Func): {
  readonly params: readonly Core[];
  readonly results: readonly Core[];
} {
  const cross = crossing(params.map(({ type }) => type), result);
  if (cross.returned) return { params: [...cross.params, "i32"], results: [] };
  return {
    params: cross.params,
    results: cross.result === undefined ? [] : [cross.result],
  };
}

/** Whether a cell may want to clean up after its result was read. */
export function hasPost({ result }: Func): boolean {
  return result !== undefined && pointed(result);
}

const REALLOC = [["i32", "i32", "i32", "i32"], ["i32"]] as const;

interface Imports {
  readonly core: number;
  readonly post: number;
  readonly slow: number;
}

/** The adapter for functions of a contract; throws `TooLarge`. */
export function adapterModule(
  functions: readonly Func[],
  infos: readonly FunctionInfo[],
): Uint8Array<ArrayBuffer> {
  const parts = new ModuleParts();
  const memories = {
    caller: parts.importMemory(NAME.callerMemory, false),
    callee: parts.importMemory(NAME.calleeMemory, false),
    hart: parts.importMemory(NAME.hart, true),
  };
  const callerRealloc = parts.importFunction(NAME.callerRealloc, ...REALLOC);
  const calleeRealloc = parts.importFunction(NAME.calleeRealloc, ...REALLOC);
  const enter = parts.importFunction(NAME.enter, ["i32"], ["i32"]);
  const imports = functions.map((func, at) => importsOf(parts, func, at));
  const notes = {
    who: parts.global("i32", NAME.who),
    why: parts.global("i32", NAME.why),
    left: parts.global("i64"),
    hart: memories.hart,
  };
  const caller = new Side(
    parts,
    memories.caller,
    callerRealloc,
    notes,
    WHO.callerData,
  );
  const callee = new Side(
    parts,
    memories.callee,
    calleeRealloc,
    notes,
    WHO.calleeData,
  );
  const shared: Shared = {
    ...notes,
    parts,
    caller,
    callee,
    enter,
    given: parts.global("i32", NAME.given),
    pending: parts.global("i32", NAME.pending),
    returned: parts.global("i32"),
    kept: new Kept(parts),
    there: { checks: new Checks(caller), copies: new Copies(caller, callee) },
    back: { checks: new Checks(callee), copies: new Copies(callee, caller) },
  };
  functions.forEach((func, at) => {
    const own = imports[at];
    if (own === undefined) return;
    const isAbsence = infos.some(({ name, absence }) =>
      name === func.name && absence
    );
    outer(shared, func, at, own, isAbsence);
    inner(shared, func, at, own);
  });
  return parts.done();
}

function importsOf(parts: ModuleParts, func: Func, at: number): Imports {
  const cross = crossing(func.params.map(({ type }) => type), func.result);
  const slow = importedType(func);
  return {
    core: parts.importFunction(
      NAME.core + at,
      cross.params,
      cross.result === undefined ? [] : [cross.result],
    ),
    post: hasPost(func)
      ? parts.importFunction(NAME.post + at, ["i32"], [])
      : -1,
    slow: parts.importFunction(NAME.slow + at, slow.params, slow.results),
  };
}

/** Globals that keep the arguments and the flat result of the call. */
class Kept {
  readonly #made = new Map<Core, number[]>();

  constructor(readonly parts: ModuleParts) {}

  of(cores: readonly Core[]): number[] {
    const used = new Map<Core, number>();
    return cores.map((core) => {
      const at = used.get(core) ?? 0;
      used.set(core, at + 1);
      const made = this.#made.get(core) ?? [];
      this.#made.set(core, made);
      return made[at] ??= this.parts.global(core);
    });
  }
}

interface Direction {
  readonly checks: Checks;
  readonly copies: Copies;
}

interface Shared {
  readonly parts: ModuleParts;
  readonly caller: Side;
  readonly callee: Side;
  readonly hart: number;
  readonly enter: number;
  readonly who: number;
  readonly left: number;
  readonly given: number;
  readonly pending: number;
  /** What the called function returned, for its post-return. */
  readonly returned: number;
  readonly kept: Kept;
  readonly there: Direction;
  readonly back: Direction;
}

/** What the caller calls. */
function outer(
  { parts, caller, enter, kept }: Shared,
  func: Func,
  at: number,
  { slow }: Imports,
  isAbsence: boolean,
): void {
  const { params, results } = importedType(func);
  const index = parts.function(params, results, (body) => {
    kept.of(params).forEach((global, i) => body.get(i).setGlobal(global));
    const answer = body.local("i32");
    body.i32(at).call(enter).tee(answer).when(() => {
      if (isAbsence && func.result !== undefined) {
        body.get(answer).i32(ENTERED.gone).op(OP.i32Eq).when(() => {
          storeGone(body, caller.memory, func.result, params.length - 1);
          body.op(OP.return);
        });
      }
      params.forEach((_, i) => body.get(i));
      body.call(slow).op(OP.return);
    });
    for (const global of kept.of(results)) body.global(global);
  });
  parts.exportFunction(NAME.call + at, index);
}

/** Writes `err(gone)` behind the return pointer, which was checked. */
function storeGone(
  body: Body,
  memory: number,
  type: Type | undefined,
  pointer: number,
): void {
  const of = type === undefined ? [] : armsOf(type);
  const absence = of[1]?.type;
  if (absence === undefined) return;
  const t = resolved(absence);
  const gone = t.kind === "enum" ? t.names.indexOf("gone") : -1;
  body.get(pointer).i32(1).memory([OP.i32Store8], memory, 0);
  body.get(pointer).i32(gone);
  body.memory([storeOf(layout(t).size)], memory, payloadOffset(of));
}

/** What the host runs once it has entered the called cell. */
function inner(
  shared: Shared,
  func: Func,
  at: number,
  { core, post }: Imports,
): void {
  const { parts, kept, who, pending, returned } = shared;
  const { params, results } = importedType(func);
  const less = 0;
  const index = parts.function(["i32"], [], (body) => {
    const locals = kept.of(params).map((global, i) => {
      const local = body.local(params[i] ?? "i32");
      body.global(global).set(local);
      return local;
    });
    handOver(body, shared, func, locals);
    const cross = crossing(func.params.map(({ type }) => type), func.result);
    cross.params.forEach((_, i) => body.get(locals[i] ?? 0));
    body.call(core);
    const flat = cross.result === undefined ? -1 : body.local(cross.result);
    if (flat >= 0) body.set(flat);
    checkResult(body, shared, func, flat);
    giveBack(body, shared, less);
    if (post >= 0) {
      body.get(flat).setGlobal(returned).i32(1).setGlobal(pending);
    }
    copyResult(body, shared, func, flat, locals[params.length - 1] ?? 0);
    kept.of(results).forEach((global) => body.get(flat).setGlobal(global));
    if (post >= 0) afterwards(body, shared, post);
    // The next call begins without notes, even if it cannot get this far.
    body.i32(0).setGlobal(shared.given).i32(WHO.calleeCode).setGlobal(who);
  });
  parts.exportFunction(NAME.inner + at, index);
  if (post < 0) return;
  parts.exportFunction(
    NAME.after + at,
    parts.function([], [], (body) => afterwards(body, shared, post)),
  );
}

function afterwards(
  body: Body,
  { who, pending, returned, hart }: Shared,
  post: number,
): void {
  body.i32(WHO.calleeCode).setGlobal(who).i32(0).setGlobal(pending);
  close(body, hart, true);
  body.global(returned).call(post);
  close(body, hart, false);
}

/** The arguments: from the caller's locals to what the called function takes. */
function handOver(
  body: Body,
  { caller, callee, left, there }: Shared,
  { params, result }: Func,
  locals: readonly number[],
): void {
  const types = params.map(({ type }) => type);
  const cross = crossing(types, result);
  const [first = 0] = locals;
  const whole: Type = { kind: "tuple", items: types };
  body.i64(LIFTED_OCTETS_MAX).setGlobal(left);
  if (cross.spilled) {
    const { size, align } = layout(whole);
    caller.region(body.get(first).i32(size), align);
    there.checks.inMemory(body, whole, first, 0);
  } else {
    const slots = slotsOf(types, first);
    for (const type of types) checkFlat(body, there.checks, type, slots);
  }
  if (cross.returned && result !== undefined) {
    const { size, align } = layout(result);
    const pointer = locals[locals.length - 1] ?? 0;
    caller.region(body.get(pointer).i32(size), align);
  }
  if (cross.spilled) {
    const { size, align } = layout(whole);
    const area = body.local("i32");
    callee.allocate(body.i32(size), align);
    body.set(area);
    there.copies.inMemory(body, whole, { from: first, to: area }, 0);
    body.get(area).set(first);
  } else {
    const slots = slotsOf(types, first);
    for (const type of types) copyFlat(body, there.copies, type, slots);
  }
}

function checkResult(
  body: Body,
  { callee, left, back }: Shared,
  { result }: Func,
  flat: number,
): void {
  if (result === undefined) return;
  if (!crossing([], result).returned) {
    return checkFlat(body, back.checks, result, slotsOf([result], flat));
  }
  const { size, align } = layout(result);
  body.i64(LIFTED_OCTETS_MAX).setGlobal(left);
  callee.region(body.get(flat).i32(size), align);
  back.checks.inMemory(body, result, flat, 0);
}

/** From here on the time is the caller's again. */
function giveBack(
  body: Body,
  { hart, given, who }: Shared,
  less: number,
): void {
  body.get(less).when(() => {
    body.i32(COUNTDOWN_ADDRESS).get(less);
    body.memory(ATOMIC_ADD, hart, 0, ALIGN_4).op(OP.drop);
  });
  body.i32(1).setGlobal(given).i32(WHO.callerCode).setGlobal(who);
}

function copyResult(
  body: Body,
  { back }: Shared,
  { result }: Func,
  flat: number,
  pointer: number,
): void {
  if (result === undefined) return;
  if (crossing([], result).returned) {
    back.copies.inMemory(body, result, { from: flat, to: pointer }, 0);
  } else copyFlat(body, back.copies, result, slotsOf([result], flat));
}
