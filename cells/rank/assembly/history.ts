/**
 * A particle's focus in the confirmed vectors of before, as `karyon:rank/history` promises it.
 */
import { Result } from "../../sdk/assembly/result";
import { Absence } from "./gen/call";
import { monotonic } from "./gen/clock";
import { Moment } from "./gen/history";
import { PAST_MAX } from "./limits";
import { pastAt, pastCount } from "./past";

export function history(particle: u32, limit: u32): Result<Array<Moment>, Absence> {
  const count = min(<i32>min(limit, <u32>PAST_MAX), pastCount());
  const nowUs = monotonic();
  const out = new Array<Moment>(count);
  for (let i = 0; i < count; ++i) {
    const moment = pastAt(pastCount() - 1 - i);
    out[i] = new Moment(
      moment.version,
      moment.height,
      moment.links,
      moment.particles,
      moment.age(nowUs),
      moment.focusOf(particle),
    );
  }
  return Result.ok<Array<Moment>, Absence>(out);
}
