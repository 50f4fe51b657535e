/**
 * Functions with barriers: the invocations of a group go through them together.
 *
 * What stands between two barriers is run for one invocation after the other.
 * A loop or a branch that has a barrier in it is the group's: all that run must
 * agree, or the program is stopped. Variables are in the frames.
 */
import { local } from "../wgsl/check_declarations.ts";
import type {
  Expression,
  FunctionIr,
  Statement,
  Variable,
} from "../wgsl/ir.ts";
import type { Place } from "../wgsl/refused.ts";
import { type Body, OP } from "./body.ts";
import { FRAME } from "./memory.ts";
import { store } from "./places.ts";
import { FunctionWriter, pay, type Target } from "./statements.ts";
import { isTogether, mapped, mappedRef, needsGroup } from "./walk.ts";
import { anybody, countRunning, eachFrame, wake } from "./frames.ts";
import type { GeneratedFunction, Shared } from "./writer.ts";

/** Why an invocation does not run; a loop's own are counted up from here. */
const RETURNED = 1;
const brokeOut = (depth: number) => 2 + 2 * depth;
const wentOn = (depth: number) => 3 + 2 * depth;

export class GroupWriter extends FunctionWriter {
  readonly #frame: number;
  readonly #own: GeneratedFunction;
  /** The end of what one invocation runs now. */
  #leave: number | undefined;
  #depth = 0;

  constructor(shared: Shared, body: Body, owner: FunctionIr) {
    super(shared, body, owner);
    this.#frame = body.take("i32");
    const own = shared.functions.get(owner);
    if (own === undefined) throw new Error(`${owner.name} is not there`);
    this.#own = own;
    for (const [at, variable] of owner.parameters.entries()) {
      const home = own.parameters[at];
      if (home !== undefined) this.homes.set(variable, home);
    }
  }

  /** The whole body. */
  write(): void {
    this.group(this.owner.body);
    // Who has returned goes on where it was called.
    eachFrame(this.body, this.shared, this.#frame, () => {
      this.body.get(this.#frame).i32(0).store("i32", FRAME.status);
    });
  }

  /** Runs `act` once for each invocation that runs. */
  each(act: () => void): void {
    const { body, shared } = this;
    const mark = body.mark();
    eachFrame(body, shared, this.#frame, () => {
      body.get(this.#frame).setGlobal(shared.globals.frame);
      const leave = body.open(OP.block);
      this.#leave = leave;
      body.get(this.#frame).load("i32", FRAME.status).brIf(leave);
      act();
      this.#leave = undefined;
      body.close();
    });
    body.release(mark);
  }

  group(all: readonly Statement[]): void {
    let alone: Statement[] = [];
    const flush = () => {
      if (alone.length === 0) return;
      const own = alone;
      alone = [];
      for (const one of own) {
        if (one.op === "declare") this.#inFrame(one.variable);
      }
      this.each(() => {
        for (const one of own) this.statement(one);
      });
    };
    for (const one of all) {
      if (!needsGroup(one)) alone.push(one);
      else {
        flush();
        const mark = this.body.mark();
        this.#together(one);
        this.body.release(mark);
      }
    }
    flush();
  }

  #inFrame(variable: Variable): void {
    const offset = this.shared.memory.inFrame(variable.type);
    this.homes.set(variable, { kind: "frame", offset });
  }

  override leave(target: Target | undefined, where: "out" | "next"): void {
    if (target?.together === undefined) return super.leave(target, where);
    const status = where === "out"
      ? brokeOut(target.together)
      : wentOn(target.together);
    this.#stay(status);
  }

  #stay(status: number): void {
    const { body } = this;
    body.get(this.#frame).i32(status).store("i32", FRAME.status);
    body.br(this.#leave ?? 0);
  }

  override giveBack(value: Expression | undefined): void {
    const { result } = this.#own;
    if (value !== undefined && result !== undefined) {
      store(this, this.#resultRef(value), value);
    }
    this.#stay(RETURNED);
  }

  #resultRef({ type }: Expression) {
    const { result } = this.#own;
    const variable = local("", type, false);
    if (result !== undefined) this.homes.set(variable, result);
    const { space, access } = variable;
    return { op: "variable", variable, type, space, access } as const;
  }

  #together(of: Statement): void {
    switch (of.op) {
      case "barrier":
        return this.#arrive(of.place);
      case "block":
        return this.group(of.body);
      case "if":
        return this.#branch(of);
      case "switch":
        return this.#choose(of);
      case "loop":
        return this.#rounds(of);
      case "declare": {
        const initial = of.initial && this.#split(of.initial);
        return this.group([{ ...of, initial }]);
      }
      case "store": {
        const to = mappedRef(of.to, (part) => this.#kept(part));
        return this.group([{ ...of, to, value: this.#split(of.value) }]);
      }
      case "run":
        return this.#called(of.value, of.place);
      case "return": {
        const value = of.value && this.#split(of.value);
        return this.group([{ ...of, value }]);
      }
      default:
        throw new Error(`${of.op} has no barrier`);
    }
  }

  /** A call whose value goes nowhere. */
  #called(value: Expression, place: Place): void {
    const left = this.#split(value);
    if (left.op !== "value") this.group([{ op: "run", value: left, place }]);
  }

  /** The same value, when all that needs the group is done. */
  #split(of: Expression): Expression {
    if (!isTogether(of)) return of;
    if (of.op === "short") return this.#splitShort(of);
    let pending = 0;
    mapped(of, (part) => {
      if (isTogether(part)) pending += 1;
      return part;
    });
    const ready = mapped(of, (part) => {
      if (isTogether(part)) {
        pending -= 1;
        const done = this.#split(part);
        return pending > 0 ? this.#kept(done) : done;
      }
      // What is reckoned before a barrier is kept over it.
      return pending > 0 ? this.#kept(part) : part;
    });
    if (ready.op === "call" && ready.to.hasBarrier) return this.#call(ready);
    if (ready.op === "uniform") return this.#load(ready);
    return ready;
  }

  /** In a variable of the frame. */
  #kept(of: Expression): Expression {
    const value = this.#split(of);
    if (value.op === "const" || value.op === "value") return value;
    const variable = local("", value.type, true);
    this.#inFrame(variable);
    const place = { line: 0, column: 0 };
    this.each(() =>
      this.statement({ op: "declare", variable, initial: value, place })
    );
    return { op: "value", variable, type: value.type };
  }

  /** As a branch: the right side is the group's if the left one says so. */
  #splitShort(of: Expression & { op: "short" }): Expression {
    const place = { line: 0, column: 0 };
    const { type } = of;
    const variable = local("", type, false);
    this.#inFrame(variable);
    const { space, access } = variable;
    const to = { op: "variable", variable, type, space, access } as const;
    const load = { op: "load", ref: to, type } as const;
    this.group([{ op: "store", to, value: of.left, place }]);
    const condition: Expression = of.operator === "&&" ? load : {
      op: "unary",
      operator: "!",
      of: load,
      type: { kind: "scalar", of: "bool" },
    };
    const body = [{ op: "store", to, value: of.right, place } as const];
    this.group([{
      op: "if",
      clauses: [{ condition, body }],
      otherwise: [],
      place,
    }]);
    return load;
  }

  #call(of: Expression & { op: "call" }): Expression {
    const { shared, body } = this;
    const own = shared.functions.get(of.to);
    if (own === undefined) throw new Error(`${of.to.name} is not there`);
    for (const [at, variable] of of.to.parameters.entries()) {
      const home = own.parameters[at];
      if (home !== undefined) this.homes.set(variable, home);
      const initial = of.args[at];
      const { place } = of;
      this.each(() =>
        this.statement({ op: "declare", variable, initial, place })
      );
    }
    // With nobody there is nothing to do; with some it is refused.
    const skip = body.open(OP.block);
    countRunning(this.body, this.shared, this.#frame, of.place);
    body.op(OP.i32Eqz).brIf(skip);
    body.call(own.index);
    body.close();
    if (own.result === undefined) {
      return { op: "value", variable: local("", of.type, true), type: of.type };
    }
    const variable = local("", of.type, false);
    this.homes.set(variable, own.result);
    const { space, access } = variable;
    const ref = {
      op: "variable",
      variable,
      type: of.type,
      space,
      access,
    } as const;
    return this.#kept({ op: "load", ref, type: of.type });
  }

  #load(of: Expression & { op: "uniform" }): Expression {
    const pointer = this.#kept(of.pointer);
    this.#arrive(of.place);
    const { type } = of;
    const ref = {
      op: "deref",
      pointer,
      type,
      space: "workgroup",
      access: "read_write",
    } as const;
    const value = this.#kept({ op: "load", ref, type });
    this.#arrive(of.place);
    return value;
  }

  #arrive(place: Place): void {
    countRunning(this.body, this.shared, this.#frame, place);
    this.body.op(OP.drop);
  }

  /** A value that all have who run; in a local. Zero if nobody does. */
  #agreed(of: Expression, place: Place): number {
    const { body, shared } = this;
    const kept = this.#kept(of);
    const value = body.take("i32");
    const seen = body.take("i32");
    const own = body.take("i32");
    body.i32(0).set(value).i32(0).set(seen);
    this.each(() => {
      this.push(kept);
      body.set(own);
      body.get(seen).get(own).get(value).op(OP.i32Ne, OP.i32And);
      body.open(OP.if);
      body.i32(place.line).i32(place.column).call(shared.stop);
      body.close();
      body.get(own).set(value).i32(1).set(seen);
    });
    return value;
  }

  #branch({ clauses, otherwise, place }: Statement & { op: "if" }): void {
    const { body } = this;
    const end = body.open(OP.block);
    for (const clause of clauses) {
      const next = body.open(OP.block);
      body.get(this.#agreed(clause.condition, place)).op(OP.i32Eqz).brIf(next);
      this.group(clause.body);
      body.br(end).close();
    }
    this.group(otherwise);
    body.close();
  }

  #choose({ on, cases, place }: Statement & { op: "switch" }): void {
    const { body } = this;
    const value = this.#agreed(on, place);
    const depth = this.#depth++;
    const out = body.open(OP.block);
    this.targets.push({ isLoop: false, out, next: out, together: depth });
    for (const one of cases) {
      if (one.isDefault) continue;
      const next = body.open(OP.block);
      body.i32(0);
      for (const selector of one.values) {
        body.get(value).i32(selector).op(OP.i32Eq, OP.i32Or);
      }
      body.op(OP.i32Eqz).brIf(next);
      this.group(one.body);
      body.br(out).close();
    }
    this.group(cases.find((one) => one.isDefault)?.body ?? []);
    this.targets.pop();
    body.close();
    wake(this.body, this.shared, this.#frame, brokeOut(depth));
    this.#depth -= 1;
  }

  #rounds(of: Statement & { op: "loop" }): void {
    const { body, shared } = this;
    const depth = this.#depth++;
    const out = body.open(OP.block);
    const top = body.open(OP.loop);
    const begun = body.length;
    this.targets.push({ isLoop: true, out, next: out, together: depth });
    this.group(of.body);
    wake(this.body, this.shared, this.#frame, wentOn(depth));
    this.group(of.continuing);
    if (of.breakIf !== undefined) {
      const clauses = [{
        condition: of.breakIf,
        body: [{ op: "break", place: of.place } as const],
      }];
      this.group([{ op: "if", clauses, otherwise: [], place: of.place }]);
    }
    this.targets.pop();
    pay(body, shared, (body.length - begun) * shared.lanes >> 2);
    anybody(body, shared, this.#frame);
    body.brIf(top).close().close();
    wake(this.body, this.shared, this.#frame, brokeOut(depth));
    this.#depth -= 1;
  }
}
