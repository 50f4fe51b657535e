/**
 * The function that checks that a string is one: inside, affordable, UTF-8.
 */
import type { Body } from "./body.ts";
import { OP } from "./opcodes.ts";
import { type Side, WHY } from "./side.ts";

const TOP_BITS = [
  OP.i64Const,
  // 0x8080808080808080 as a signed number.
  ...[0x80, 0x81, 0x82, 0x84, 0x88, 0x90, 0xa0, 0xc0, 0x80, 0x7f],
];

/** Makes it; it takes address and octets. */
export function stringCheck(side: Side): number {
  return side.parts.function(["i32", "i32"], [], (body) => {
    const [at, left] = [0, 1];
    body.get(left).op(OP.i64ExtendI32U);
    side.spend(body);
    body.get(at).get(left);
    side.region(body, 1);
    const octet = body.local("i32");
    const more = body.local("i32");
    body.loop(() => {
      skipAscii(body, side, at, left);
      body.get(left).op(OP.i32Eqz).when(() => body.op(OP.return));
      body.get(at).memory([OP.i32Load8U], side.memory, 0).tee(octet);
      body.i32(0x80).op(OP.i32LtU).when(
        () => body.i32(0).set(more),
        () => sequence(body, side, { at, left, octet, more }),
      );
      advance(body, at, left, () => body.get(more).i32(1).op(OP.i32Add));
      body.branch(0);
    });
  });
}

function advance(body: Body, at: number, left: number, by: () => void): void {
  body.get(at);
  by();
  body.op(OP.i32Add).set(at).get(left);
  by();
  body.op(OP.i32Sub).set(left);
}

/** Eight octets at a time while all of them are ASCII. */
function skipAscii(body: Body, side: Side, at: number, left: number): void {
  body.loop(() => {
    body.get(left).i32(8).op(OP.i32GeU).when(() => {
      body.get(at).memory([OP.i64Load], side.memory, 0);
      body.op(...TOP_BITS, OP.i64And, OP.i64Eqz).when(() => {
        advance(body, at, left, () => body.i32(8));
        body.branch(2);
      });
    });
  });
}

interface Place {
  readonly at: number;
  readonly left: number;
  /** The first octet. */
  readonly octet: number;
  /** Set to how many octets follow it. */
  readonly more: number;
}

/** A character of two to four octets, as table 3-7 of Unicode has them. */
function sequence(body: Body, side: Side, place: Place): void {
  const { at, left, octet, more } = place;
  const low = body.local("i32");
  const high = body.local("i32");
  const second = body.local("i32");
  const is = (value: number, then: () => void) =>
    body.get(octet).i32(value).op(OP.i32Eq).when(then);
  body.get(octet).i32(0xc2).op(OP.i32LtU);
  side.failIf(body, WHY.text);
  body.get(octet).i32(0xf4).op(OP.i32GtU);
  side.failIf(body, WHY.text);
  body.i32(1).get(octet).i32(0xe0).op(OP.i32GeU, OP.i32Add);
  body.get(octet).i32(0xf0).op(OP.i32GeU, OP.i32Add).set(more);
  body.get(left).get(more).op(OP.i32LeU);
  side.failIf(body, WHY.text);
  body.i32(0x80).set(low).i32(0xbf).set(high);
  is(0xe0, () => body.i32(0xa0).set(low));
  is(0xed, () => body.i32(0x9f).set(high));
  is(0xf0, () => body.i32(0x90).set(low));
  is(0xf4, () => body.i32(0x8f).set(high));
  body.get(at).memory([OP.i32Load8U], side.memory, 1).tee(second);
  body.get(low).op(OP.i32LtU).get(second).get(high).op(OP.i32GtU, OP.i32Or);
  side.failIf(body, WHY.text);
  for (const offset of [2, 3]) {
    body.get(more).i32(offset).op(OP.i32GeU).when(() => {
      body.get(at).memory([OP.i32Load8U], side.memory, offset);
      body.i32(0xc0).op(OP.i32And).i32(0x80).op(OP.i32Ne);
      side.failIf(body, WHY.text);
    });
  }
}
