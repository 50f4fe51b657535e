/**
 * What a run of the fuzz says: while it runs, at its end, and as JSON.
 */
import type { Tally } from "./campaign.ts";
import type { Peer } from "./peers.ts";

export interface Ended {
  readonly tally: Tally;
  readonly seed: number;
  readonly minutes: number;
  /** The command by which a case of it is run again, without its number. */
  readonly replay: string;
  /** Why it ended early. */
  readonly failed: string | undefined;
}

const TOP = 8;
const ENCODER = new TextEncoder();

const sum = (counts: ReadonlyMap<string, number>) =>
  [...counts.values()].reduce((all, one) => all + one, 0);

/** One line that is written over. */
export function progress(tally: Tally, minutes: number): void {
  const line = `\r${minutes.toFixed(1)} min  ${tally.cases} cases  ` +
    `${sum(tally.modules)} modules  ${tally.findings.length} differences `;
  Deno.stdout.writeSync(ENCODER.encode(line));
}

function list(counts: ReadonlyMap<string, number>): string[] {
  return [...counts].sort(([, a], [, b]) => b - a).slice(0, TOP)
    .map(([what, many]) => `  ${String(many).padStart(9)} ${what}`);
}

export function report(
  { tally, seed, minutes, replay, failed }: Ended,
  peers: readonly Peer[],
): string {
  const lines = [
    "",
    `${tally.cases} cases of seed ${seed} in ${minutes.toFixed(1)} minutes`,
    "",
    `modules compared: ${sum(tally.modules)}`,
    ...list(tally.modules),
    `not compared: ${sum(tally.refused)}`,
    ...list(tally.refused),
    `steps, by how they ended: ${sum(tally.ends)}`,
    ...list(tally.ends),
    `calls that did not end by themselves: ${tally.endless}, of them stopped ` +
    `by the countdown in the middle: ${tally.halted}`,
    "peers",
    ...peers.map(({ name, version }) => {
      const got = tally.peers.get(name);
      return `  ${name} (${version}): ${got?.modules} modules, ${got?.jobs} ` +
        `runs, ${got?.steps} steps compared; ${got?.notTaken} modules not ` +
        `taken, ${got?.overflows} steps at the platform's own stack bound`;
    }),
    "octets",
    `  ${tally.spoiledModules} damaged modules, ${tally.invalid} invalid ` +
    `mutants, ${tally.spoiledComponents} damaged components decoded, ` +
    `${tally.compiledComponents} of them compiled`,
    `DIFFERENCES: ${tally.findings.length}`,
  ];
  for (const { case: index, source, what } of tally.findings.slice(0, 40)) {
    lines.push(`  case ${index} (${source}): ${what}`);
    lines.push(`    ${replay} --only ${index}`);
  }
  if (failed !== undefined) lines.push(`ENDED EARLY: ${failed}`);
  return lines.join("\n");
}

export function reportJson(
  { tally, seed, minutes, replay, failed }: Ended,
  peers: readonly Peer[],
): string {
  const findings = tally.findings.map(({ case: index, source, what }) => ({
    case: index,
    source,
    what,
    replay: `${replay} --only ${index}`,
  }));
  return JSON.stringify(
    {
      seed,
      minutes,
      cases: tally.cases,
      modules: Object.fromEntries(tally.modules),
      refused: Object.fromEntries(tally.refused),
      ends: Object.fromEntries(tally.ends),
      endless: tally.endless,
      halted: tally.halted,
      peers: peers.map(({ name, version }) => ({
        name,
        version,
        ...tally.peers.get(name),
      })),
      spoiledModules: tally.spoiledModules,
      spoiledComponents: tally.spoiledComponents,
      compiledComponents: tally.compiledComponents,
      invalid: tally.invalid,
      findings,
      failed: failed ?? null,
    },
    null,
    2,
  );
}
