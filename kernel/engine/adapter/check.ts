/**
 * Code that reads values where they lie and faults at the first lie.
 *
 * A region is checked before what lies in it, so nothing is read outside; what
 * is checked once stays true, because its cell cannot run before it is copied.
 */
import { resolved, type Type } from "../../../wit/decode/model.ts";
import { typeText, type Written } from "../../../wit/decode/text.ts";
import { members } from "../../../wit/generator/emit.ts";
import { layout, payloadOffset, sequence } from "../../../wit/abi/layout.ts";
import type { Body } from "./body.ts";
import { OP } from "./opcodes.ts";
import { armsOf, elementCost, isFree, loadOf, tagSize } from "./shapes.ts";
import { type Side, WHY } from "./side.ts";
import { stringCheck } from "./utf8.ts";

const written: () => Written = () => new Map();

/** Checks of one cell's values. */
export class Checks {
  readonly #made = new Map<string, number>();
  readonly #texts = written();

  constructor(readonly side: Side) {}

  /** Checks a value in memory; its own region has been checked. */
  inMemory(body: Body, type: Type, at: number, offset: number): void {
    const t = resolved(type);
    if (isFree(t)) return;
    const load = (o: number, size: number) =>
      body.get(at).memory([loadOf(size)], this.side.memory, offset + o);
    if (t.kind === "list" || (t.kind === "prim" && t.prim === "string")) {
      load(0, 4);
      load(4, 4);
      return this.pointed(body, t);
    }
    const items = members(t);
    if (items !== undefined) {
      const { offsets } = sequence(items);
      return items.forEach((item, i) =>
        this.inMemory(body, item, at, offset + (offsets[i] ?? 0))
      );
    }
    if (t.kind === "prim" || t.kind === "enum") {
      load(0, layout(t).size);
      return this.scalar(body, t);
    }
    body.get(at).i32(offset).op(OP.i32Add).call(this.#variant(t));
  }

  /** The number of a scalar is on the stack, and goes. */
  scalar(body: Body, type: Type): void {
    const t = resolved(type);
    if (t.kind === "enum") {
      body.i32(t.names.length).op(OP.i32GeU);
      this.side.failIf(body, WHY.noCase);
    } else if (t.kind === "prim" && t.prim === "char") {
      body.call(this.#once("char", () => this.#character()));
    } else body.op(OP.drop);
  }

  /** Address and length of a list or string are on the stack, and go. */
  pointed(body: Body, type: Type): void {
    const t = resolved(type);
    const key = typeText(t, this.#texts);
    body.call(
      this.#once(
        key,
        () =>
          t.kind === "list" ? this.#list(t.element) : stringCheck(this.side),
      ),
    );
  }

  #once(key: string, make: () => number): number {
    const known = this.#made.get(key);
    if (known !== undefined) return known;
    const index = make();
    this.#made.set(key, index);
    return index;
  }

  #character(): number {
    const { side } = this;
    return side.parts.function(["i32"], [], (body) => {
      body.get(0).i32(0x10ffff).op(OP.i32GtU);
      side.failIf(body, WHY.character);
      body.get(0).i32(0xd800).op(OP.i32Sub).i32(0x800).op(OP.i32LtU);
      side.failIf(body, WHY.character);
    });
  }

  #list(element: Type): number {
    const { side } = this;
    const { size, align } = layout(element);
    return side.parts.function(["i32", "i32"], [], (body) => {
      const [at, left] = [0, 1];
      body.get(left).op(OP.i64ExtendI32U).i64(elementCost(element));
      side.spend(body.op(OP.i64Mul));
      body.get(at).get(left).i32(size).op(OP.i32Mul);
      side.region(body, align);
      if (isFree(element)) return;
      body.loop(() => {
        body.get(left).when(() => {
          this.inMemory(body, element, at, 0);
          body.get(at).i32(size).op(OP.i32Add).set(at);
          body.get(left).i32(1).op(OP.i32Sub).set(left);
          body.branch(1);
        });
      });
    });
  }

  #variant(type: Type): number {
    const { side } = this;
    const of = armsOf(type);
    return this.#once(
      typeText(type, this.#texts),
      () =>
        side.parts.function(["i32"], [], (body) => {
          const tag = body.local("i32");
          body.get(0).memory([loadOf(tagSize(of))], side.memory, 0).tee(tag);
          body.i32(of.length).op(OP.i32GeU);
          side.failIf(body, WHY.noCase);
          const payload = payloadOffset(of);
          of.forEach(({ type: inner }, at) => {
            if (inner === undefined || isFree(inner)) return;
            body.get(tag).i32(at).op(OP.i32Eq).when(() => {
              this.inMemory(body, inner, 0, payload);
              body.op(OP.return);
            });
          });
        }),
    );
  }
}
