/** Statements of a function that one invocation runs from its start to its end. */
import type {
  Expression,
  FunctionIr,
  Ref,
  Statement,
  Variable,
} from "../wgsl/ir.ts";
import { isFlat, sizeOf, sizeOfFlat } from "../wgsl/types.ts";
import { type Body, OP } from "./body.ts";
import { homeAddress, pushAddress, setLocals, store } from "./places.ts";
import { parts, push } from "./values.ts";
import { type Home, type Shared, wasmType, type Writer } from "./writer.ts";

/** What `break` and `continue` leave: blocks, or a loop of the whole group. */
export interface Target {
  readonly isLoop: boolean;
  readonly out: number;
  readonly next: number;
  /** Of one that the group runs together: how deep; else undefined. */
  readonly together: number | undefined;
}

/** Instructions that a round of a loop, or a call, costs at least. */
const COST_MIN = 4;

/** Pays for what is run; who has nothing left asks the host, which may not return. */
export function pay(body: Body, { globals, tick }: Shared, cost: number): void {
  const left = body.take("i32");
  body.getGlobal(globals.fuel).i32(Math.max(COST_MIN, cost)).op(OP.i32Sub);
  body.tee(left).setGlobal(globals.fuel);
  body.get(left).i32(0).op(OP.i32LtS);
  body.open(OP.if);
  body.call(tick).setGlobal(globals.fuel);
  body.close();
  body.give([left]);
}

export class FunctionWriter implements Writer {
  readonly targets: Target[] = [];
  readonly homes = new Map<Variable, Home>();

  constructor(
    readonly shared: Shared,
    readonly body: Body,
    readonly owner: FunctionIr,
  ) {}

  homeOf(variable: Variable): Home {
    const home = this.homes.get(variable) ?? this.shared.homes.get(variable);
    if (home === undefined) throw new Error(`${variable.name} lies nowhere`);
    return home;
  }

  push(expression: Expression): void {
    push(this, expression);
  }

  parts(expression: Expression): number[] {
    return parts(this, expression);
  }

  list(all: readonly Statement[]): void {
    const mark = this.body.mark();
    for (const one of all) this.statement(one);
    this.body.release(mark);
  }

  statement(of: Statement): void {
    if (of.op === "declare") return this.#declare(of.variable, of.initial);
    const mark = this.body.mark();
    this.#run(of);
    this.body.release(mark);
  }

  #run(of: Statement): void {
    switch (of.op) {
      case "store":
        return store(this, of.to, of.value);
      case "run":
        return this.#discard(of.value);
      case "block":
        return this.list(of.body);
      case "if":
        return this.#if(of);
      case "switch":
        return this.#switch(of);
      case "loop":
        return this.#loop(of);
      case "break":
        return this.leave(this.targets.at(-1), "out");
      case "continue":
        return this.leave(this.targets.findLast((one) => one.isLoop), "next");
      case "return":
        return this.giveBack(of.value);
      case "declare":
      case "barrier":
        throw new Error(`${of.op} is not run by one alone`);
    }
  }

  /** Jumps; a loop of the group is left in another way. */
  leave(target: Target | undefined, where: "out" | "next"): void {
    if (target === undefined) throw new Error("it leaves nothing");
    this.body.br(target[where]);
  }

  giveBack(value: Expression | undefined): void {
    const { body } = this;
    if (value !== undefined) {
      const { type } = value;
      if (type.kind === "vec") {
        for (const local of this.parts(value)) body.get(local);
      } else if (isFlat(type)) this.push(value);
      else {
        const at = this.shared.memory.of(type);
        body.i32(at);
        this.push(value);
        body.i32(sizeOf(type)).copy();
        body.i32(at);
      }
    }
    body.op(OP.return);
  }

  #discard(value: Expression): void {
    const { body } = this;
    if (value.op === "call" && value.to.result === undefined) {
      return this.push(value);
    }
    if (value.op === "atomic" && value.name === "atomicStore") {
      return this.push(value);
    }
    if (isFlat(value.type)) this.parts(value);
    else {
      this.push(value);
      body.op(OP.drop);
    }
  }

  #declare(variable: Variable, initial: Expression | undefined): void {
    const { body } = this;
    const { type, space, access } = variable;
    if (!this.homes.has(variable)) {
      this.homes.set(variable, this.#home(variable));
    }
    const mark = body.mark();
    const to: Ref = { op: "variable", variable, type, space, access };
    const home = this.homeOf(variable);
    if (home.kind === "locals") {
      if (initial !== undefined) setLocals(this, home.locals, initial);
      else {
        for (const local of home.locals) {
          if (wasmType(type) === "f32") body.f32(0);
          else body.i32(0);
          body.set(local);
        }
      }
    } else if (type.kind === "ptr" && initial !== undefined) {
      const offset = homeAddress(this, variable);
      this.push(initial);
      body.store("i32", offset);
    } else if (initial !== undefined) store(this, to, initial);
    else {
      pushAddress(this, to);
      body.i32(0).i32(sizeOf(type)).fill();
    }
    body.release(mark);
  }

  #home({ type, isAddressed }: Variable): Home {
    const { body, shared } = this;
    if (type.kind === "ptr") {
      return { kind: "locals", locals: [body.take("i32")] };
    }
    if (!isFlat(type) || isAddressed) {
      return { kind: "fixed", address: shared.memory.of(type) };
    }
    const kind = wasmType(type);
    const count = sizeOfFlat(type);
    const locals = Array.from({ length: count }, () => body.take(kind));
    return { kind: "locals", locals };
  }

  #if({ clauses, otherwise }: Statement & { op: "if" }): void {
    const { body } = this;
    const end = body.open(OP.block);
    for (const clause of clauses) {
      const next = body.open(OP.block);
      const mark = body.mark();
      this.push(clause.condition);
      body.release(mark);
      body.op(OP.i32Eqz).brIf(next);
      this.list(clause.body);
      body.br(end).close();
    }
    this.list(otherwise);
    body.close();
  }

  #switch({ on, cases }: Statement & { op: "switch" }): void {
    const { body } = this;
    const value = body.take("i32");
    this.push(on);
    body.set(value);
    const out = body.open(OP.block);
    this.targets.push({ isLoop: false, out, next: out, together: undefined });
    for (const one of cases) {
      if (one.isDefault) continue;
      const next = body.open(OP.block);
      body.i32(0);
      for (const selector of one.values) {
        body.get(value).i32(selector).op(OP.i32Eq, OP.i32Or);
      }
      body.op(OP.i32Eqz).brIf(next);
      this.list(one.body);
      body.br(out).close();
    }
    this.list(cases.find((one) => one.isDefault)?.body ?? []);
    this.targets.pop();
    body.close();
  }

  #loop(of: Statement & { op: "loop" }): void {
    const { body, shared } = this;
    const out = body.open(OP.block);
    const top = body.open(OP.loop);
    const begun = body.length;
    const next = body.open(OP.block);
    this.targets.push({ isLoop: true, out, next, together: undefined });
    const mark = body.mark();
    // What follows sees the names of the body: their homes stay.
    for (const one of of.body) this.statement(one);
    body.close();
    this.list(of.continuing);
    if (of.breakIf !== undefined) {
      this.push(of.breakIf);
      body.brIf(out);
    }
    body.release(mark);
    this.targets.pop();
    pay(body, shared, (body.length - begun) >> 2);
    body.br(top).close().close();
  }
}
