/**
 * What `bench:graph` needs of the machine, and whether it is there.
 *
 * By what runs of 200,000 to 1,000,000 links took, and a quarter more.
 * Deliberately absent: time.
 */
import { statfsSync } from "node:fs";

const FOLDER = "/tmp";
const GIB = 2 ** 30;

interface Needs {
  /** Octets in files for each link, and of memory. */
  readonly disk: number;
  readonly memory: number;
}

const BESIDE_SQLITE: Needs = { disk: 1_400, memory: 650 };
const ALONE: Needs = { disk: 450, memory: 330 };
/** Of the program itself. */
const MEMORY_LEAST = 0.5 * GIB;

function inGib(octets: number): string {
  return `${(octets / GIB).toFixed(1)} GiB`;
}

function needed(links: number, alone: boolean): Needs {
  const { disk, memory } = alone ? ALONE : BESIDE_SQLITE;
  return { disk: disk * links, memory: memory * links + MEMORY_LEAST };
}

/** The needs for people. */
export function needsText(): string {
  const line = (links: number, alone: boolean) => {
    const { disk, memory } = needed(links, alone);
    return `  ${links.toLocaleString("en-US").padStart(10)} links${
      alone ? ", alone" : "       "
    }   ${inGib(disk)} in ${FOLDER}, ${inGib(memory)} of memory`;
  };
  return [
    "Needs room and memory that are free:",
    line(1_000_000, false),
    line(1_000_000, true),
    line(10_000_000, false),
    line(10_000_000, true),
  ].join("\n");
}

/** What there is too little of, and what to do; undefined where there is enough. */
export function whatLacks(links: number, alone: boolean): string | undefined {
  const { disk, memory } = needed(links, alone);
  const { bavail, bsize } = statfsSync(FOLDER);
  const free = bavail * bsize;
  const { available } = Deno.systemMemoryInfo();
  const instead = alone
    ? "take fewer --links"
    : "take fewer --links, or --alone";
  if (free < disk) {
    return `${links} links need ${inGib(disk)} in ${FOLDER}, ` +
      `${inGib(free)} are free: make room, or ${instead}`;
  }
  if (available < memory) {
    return `${links} links need ${inGib(memory)} of memory, ` +
      `${inGib(available)} are free: end other programs, or ${instead}`;
  }
  return undefined;
}
