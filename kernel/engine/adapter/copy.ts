/**
 * Code that moves checked values from one cell's memory to the other's.
 *
 * Each list and string gets one block of the other cell's `cabi_realloc`. Only
 * what has a meaning is copied: padding and unused bits stay behind.
 */
import { resolved, type Type } from "../../../wit/decode/model.ts";
import { typeText, type Written } from "../../../wit/decode/text.ts";
import { members } from "../../../wit/generator/emit.ts";
import { layout, payloadOffset, sequence } from "../../../wit/abi/layout.ts";
import type { Body } from "./body.ts";
import { OP } from "./opcodes.ts";
import {
  armsOf,
  flagBits,
  isDense,
  loadOf,
  storeOf,
  tagSize,
} from "./shapes.ts";
import type { Side } from "./side.ts";

/** Up to this many octets are moved by loads and stores. */
const UNROLLED_OCTETS_MAX = 128;

/** Copies in one direction. */
export class Copies {
  readonly #made = new Map<string, number>();
  readonly #texts: Written = new Map();

  constructor(readonly from: Side, readonly to: Side) {}

  /** Both addresses are locals; both regions have been checked. */
  inMemory(
    body: Body,
    type: Type,
    at: { readonly from: number; readonly to: number },
    offset: number,
  ): void {
    const t = resolved(type);
    const { size, align } = layout(t);
    if (isDense(t)) return this.#octets(body, at, offset, size, align);
    const load = (o: number, octets: number) =>
      body.get(at.from).memory([loadOf(octets)], this.from.memory, offset + o);
    const store = (o: number, octets: number) =>
      body.memory([storeOf(octets)], this.to.memory, offset + o);
    if (t.kind === "flags") {
      body.get(at.to);
      load(0, size).i32(flagBits(t.names.length)).op(OP.i32And);
      store(0, size);
      return;
    }
    if (t.kind === "prim" && t.prim === "bool") {
      body.get(at.to);
      load(0, size).i32(0).op(OP.i32Ne);
      store(0, size);
      return;
    }
    if (t.kind === "list" || t.kind === "prim") {
      body.get(at.to);
      load(0, 4);
      load(4, 4);
      this.pointed(body, t);
      store(0, 4);
      body.get(at.to);
      load(4, 4);
      store(4, 4);
      return;
    }
    const items = members(t);
    if (items !== undefined) {
      const { offsets } = sequence(items);
      return items.forEach((item, i) =>
        this.inMemory(body, item, at, offset + (offsets[i] ?? 0))
      );
    }
    body.get(at.from).i32(offset).op(OP.i32Add);
    body.get(at.to).i32(offset).op(OP.i32Add).call(this.#variant(t));
  }

  /** Address and length are on the stack; leaves the copy's address. */
  pointed(body: Body, type: Type): void {
    const t = resolved(type);
    const isList = t.kind === "list";
    const key = isList ? typeText(t, this.#texts) : "string";
    body.call(
      this.#once(
        key,
        () => this.#list(isList ? t.element : { kind: "prim", prim: "u8" }),
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

  #octets(
    body: Body,
    at: { readonly from: number; readonly to: number },
    offset: number,
    size: number,
    align: number,
  ): void {
    if (size > UNROLLED_OCTETS_MAX) {
      body.get(at.to).i32(offset).op(OP.i32Add);
      body.get(at.from).i32(offset).op(OP.i32Add).i32(size);
      body.copy(this.to.memory, this.from.memory);
      return;
    }
    for (let done = 0; done < size;) {
      const piece = size - done >= 8 ? 8 : Math.min(align, size - done);
      body.get(at.to).get(at.from);
      body.memory([loadOf(piece)], this.from.memory, offset + done);
      body.memory([storeOf(piece)], this.to.memory, offset + done);
      done += piece;
    }
  }

  #list(element: Type): number {
    const { from, to } = this;
    const { size, align } = layout(element);
    return to.parts.function(["i32", "i32"], ["i32"], (body) => {
      const [at, count] = [0, 1];
      const made = body.local("i32");
      // The address of an empty list means nothing and was not checked.
      body.get(count).op(OP.i32Eqz).when(() => body.i32(align).op(OP.return));
      body.get(count).i32(size).op(OP.i32Mul);
      to.allocate(body, align);
      body.set(made);
      if (isDense(element)) {
        body.get(made).get(at).get(count).i32(size).op(OP.i32Mul);
        body.copy(to.memory, from.memory).get(made);
        return;
      }
      const next = body.local("i32");
      body.get(made).set(next);
      body.loop(() => {
        body.get(count).when(() => {
          this.inMemory(body, element, { from: at, to: next }, 0);
          for (const local of [at, next]) {
            body.get(local).i32(size).op(OP.i32Add).set(local);
          }
          body.get(count).i32(1).op(OP.i32Sub).set(count);
          body.branch(1);
        });
      });
      body.get(made);
    });
  }

  #variant(type: Type): number {
    const { from, to } = this;
    const of = armsOf(type);
    return this.#once(
      typeText(type, this.#texts),
      () =>
        to.parts.function(["i32", "i32"], [], (body) => {
          const tag = body.local("i32");
          const size = tagSize(of);
          body.get(1).get(0).memory([loadOf(size)], from.memory, 0).tee(tag);
          body.memory([storeOf(size)], to.memory, 0);
          const payload = payloadOffset(of);
          of.forEach(({ type: inner }, at) => {
            if (inner === undefined) return;
            body.get(tag).i32(at).op(OP.i32Eq).when(() => {
              this.inMemory(body, inner, { from: 0, to: 1 }, payload);
              body.op(OP.return);
            });
          });
        }),
    );
  }
}
