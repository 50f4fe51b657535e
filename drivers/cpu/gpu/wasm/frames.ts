/** Over the frames of a group: who runs, who waits, and why. */
import type { Place } from "../wgsl/refused.ts";
import { type Body, OP } from "./body.ts";
import { FRAME } from "./memory.ts";
import type { Shared } from "./writer.ts";

/** Runs `act` for each frame; the local holds it. */
export function eachFrame(
  body: Body,
  { globals }: Shared,
  frame: number,
  act: () => void,
): void {
  body.getGlobal(globals.frames).set(frame);
  const top = body.open(OP.loop);
  act();
  body.get(frame).getGlobal(globals.frameOctets).op(OP.i32Add).tee(frame);
  body.getGlobal(globals.framesEnd).op(OP.i32LtU).brIf(top);
  body.close();
}

/** How many run, on the stack: all of them or none, or the program ends. */
export function countRunning(
  body: Body,
  shared: Shared,
  frame: number,
  place: Place,
): void {
  const run = body.take("i32");
  const stay = body.take("i32");
  body.i32(0).set(run).i32(0).set(stay);
  eachFrame(body, shared, frame, () => {
    body.get(frame).load("i32", FRAME.status).op(OP.i32Eqz);
    body.get(run).op(OP.i32Add).set(run);
    body.get(frame).load("i32", FRAME.status).op(OP.i32Eqz, OP.i32Eqz);
    body.get(stay).op(OP.i32Add).set(stay);
  });
  body.get(run).op(OP.i32Eqz, OP.i32Eqz);
  body.get(stay).op(OP.i32Eqz, OP.i32Eqz, OP.i32And);
  body.open(OP.if);
  body.i32(place.line).i32(place.column).call(shared.stop);
  body.close();
  body.get(run);
}

/** Those that stay for this reason run again. */
export function wake(
  body: Body,
  shared: Shared,
  frame: number,
  status: number,
): void {
  eachFrame(body, shared, frame, () => {
    body.get(frame).load("i32", FRAME.status).i32(status).op(OP.i32Eq);
    body.open(OP.if);
    body.get(frame).i32(0).store("i32", FRAME.status);
    body.close();
  });
}

/** Whether one runs, on the stack. */
export function anybody(body: Body, shared: Shared, frame: number): void {
  const some = body.take("i32");
  body.i32(0).set(some);
  eachFrame(body, shared, frame, () => {
    body.get(frame).load("i32", FRAME.status).op(OP.i32Eqz);
    body.get(some).op(OP.i32Or).set(some);
  });
  body.get(some);
}
