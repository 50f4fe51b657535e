/**
 * The programs of the golden runs: every behaviour of the probe, and the mill.
 */
import type { Program } from "./golden.ts";
import { grants, MEMORY_MIB } from "./fixture.ts";
import { mill, millComponent } from "./mill.ts";
import { componentOf, probeText, type Work, work } from "./probe.ts";

const JOBS: Record<string, (work: Work) => unknown> = {
  "a loop": (work) => work.sum(1_000),
  "a tree of calls": (work) => work.climb(10),
  "recursion": (work) => work.recurse(),
  "a text": (work) => work.name(0),
  "a lie": (work) => work.name(1),
  "a growing memory": (work) => work.grow(),
  "a full memory": (work) => work.fill(),
  "a trap": (work) => work.fail(),
  "a read outside": (work) => work.stray(),
  "a question to its host": (work) => work.relay(5),
  "several calls": (work) => [work.count(), work.add(2, 3), work.name(0)],
};

const MILL_ROUNDS = 2_000;
const MILL_SEED = 0x6b61_7279_6f6en;

export async function goldenPrograms(): Promise<readonly Program[]> {
  const probe = await componentOf(probeText());
  const probes = Object.entries(JOBS).map(([what, job]): Program => ({
    name: `probe, ${what}`,
    component: probe,
    memoryMib: MEMORY_MIB,
    begin: (open) => {
      const { instance, core, bind } = open(grants((x) => x * 3));
      const bound = bind(work);
      return { instance, core, job: () => job(bound) };
    },
  }));
  return [...probes, {
    name: "mill",
    component: await millComponent(),
    memoryMib: MEMORY_MIB,
    begin: (open) => {
      const { instance, core, bind } = open(new Map());
      const bound = bind(mill);
      return { instance, core, job: () => bound.run(MILL_SEED, MILL_ROUNDS) };
    },
  }];
}
