/**
 * What a kernel promises about the life of its cells.
 *
 * Plan. Each claim is one case over fixture cells that behave as ordered, in
 * simulated time; only the engine's deadlines are real.
 *
 * - starting: in the file's order with their settings; a refusal, trap, loop,
 *   missing or foreign component leaves the slot disabled with the reason while
 *   others run; what is only missing is tried again; starting -> running, and
 *   not for ever.
 * - faults: a trap, loop or recursion ends the generation, not its neighbours;
 *   restart with backoff from the last checkpoint; epitaph, counters, events; a
 *   poisoned checkpoint is given up; five faults disable; failed and degraded.
 * - restoring: who reads back after a fault what it had known is called by nobody
 *   until it has; an heir was whole before it served.
 * - absence: a value where the contract has a word for it, else the caller is
 *   unwound and restarted without blame; deadlines are inherited, and who is
 *   stopped at its caller's is not to blame.
 * - neighbours: the same after many calls between two cells, when the engine may
 *   have found a shorter way: answers, ends, swaps, deadlines, depth.
 * - scheduling: hard before soft, by budget; should-yield after the budget;
 *   more, idle, slack; a step without an end is stopped; the hart does not die
 *   in silence.
 * - parking: a step or call past its slice is parked and comes to its end, with
 *   the cells that it called; neighbours run meanwhile; who calls a parked cell
 *   waits for it; limits end it; a swap waits for the boundary.
 * - swaps: state handed over and migrated; every stage that can refuse leaves
 *   the old one; twice at once, in a row, back; during a restart, of a disabled
 *   or never loaded cell; a hundred; under calls.
 * - swaps under way: mid-call, alone and in a chain, mid-park, mid-snapshot; a
 *   job that never ends; a state of 100,000 entries; a driver under its clients;
 *   no call is lost in some hundred swaps under load.
 * - probation: kept, or rolled back with the old memory, image and checkpoint;
 *   a cell that owns a device is started anew instead.
 * - authority: a withdrawn grant is refused at once and for later generations.
 * - shutdown: callers before those whom they call; nothing starts afterwards.
 *
 * Deliberately absent: what an engine promises (engine/), how fast (benches).
 */
import { absence } from "./cell/absence.ts";
import { authority } from "./cell/authority.ts";
import { faults } from "./cell/faults.ts";
import { neighbours } from "./cell/neighbours.ts";
import { parking } from "./cell/parking.ts";
import { probation } from "./cell/probation.ts";
import { repairs } from "./cell/repairs.ts";
import { restoring } from "./cell/restoring.ts";
import { scheduling } from "./cell/scheduling.ts";
import { shutdown } from "./cell/shutdown.ts";
import { starting } from "./cell/starting.ts";
import { swaps } from "./cell/swaps.ts";
import { successions } from "./cell/successions.ts";
import { swapsUnderWay } from "./cell/swaps_under_way.ts";
import { casesOf, type KernelFactory } from "./cell/world.ts";

export function cellSuite(name: string, factory: KernelFactory): void {
  const test = casesOf(name, factory);
  starting(test);
  faults(test);
  restoring(test);
  absence(test);
  neighbours(test);
  scheduling(test);
  parking(test);
  swaps(test);
  swapsUnderWay(test);
  successions(test);
  repairs(test);
  probation(test);
  authority(test);
  shutdown(name, factory);
}
