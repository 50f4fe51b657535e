/** What a campaign came to, as lines and as an object. */
import type { Finding, Tally } from "./campaign.ts";

export interface Ended {
  readonly target: string;
  readonly seed: number;
  readonly seconds: number;
  readonly tally: Tally;
  readonly findings: readonly Finding[];
}

const TASK = "deno task fuzz:decoders";
const TRACE_LINES = 8;
const SHOWN_OCTETS = 64;

/** The one command that shows a finding again. */
export function commandOf(
  { target, case: index }: Pick<Finding, "target" | "case">,
  seed: number,
): string {
  return `${TASK} --only ${target} --seed ${seed} --case ${index}`;
}

/** Where its octets are kept, in the folder of findings. */
export function fileOf(
  { target, case: index }: Pick<Finding, "target" | "case">,
  seed: number,
): string {
  return `${target}-${seed}-${index}`;
}

export function lineOf({ target, seconds, tally, findings }: Ended): string {
  const { cases, taken, refused, slowestMs } = tally;
  return [
    target.padEnd(18),
    `${cases} cases`.padStart(15),
    `${taken} taken`.padStart(15),
    `${refused} refused`.padStart(17),
    `slowest ${Math.round(slowestMs)} ms`.padStart(16),
    `${Math.round(seconds)} s`.padStart(6),
    `findings ${findings.length}`,
  ].join("  ");
}

export function describe(finding: Finding, seed: number): string {
  const { target, case: index, what, trace, octets, small } = finding;
  const lines = [
    `FINDING ${target}, seed ${seed}, case ${index}: ${what}`,
    `  ${commandOf(finding, seed)}`,
    small === undefined
      ? `  ${octets.length} octets; only with the cases before it`
      : `  ${octets.length} octets, ${small.length} of them show it too: ${
        shown(small)
      }`,
    ...trace.split("\n").slice(1, TRACE_LINES).filter((line) => line !== ""),
  ];
  return lines.join("\n");
}

function shown(octets: Uint8Array): string {
  const digits = octets.subarray(0, SHOWN_OCTETS).toHex();
  return octets.length > SHOWN_OCTETS ? `${digits}…` : digits;
}

export function asJson(all: readonly Ended[], folder: string): string {
  const targets = all.map(({ target, seed, seconds, tally, findings }) => ({
    target,
    seed,
    seconds: Math.round(seconds),
    ...tally,
    slowestMs: Math.round(tally.slowestMs),
    findings: findings.map((finding) => ({
      case: finding.case,
      what: finding.what,
      command: commandOf(finding, seed),
      octets: `${folder}/${fileOf(finding, seed)}`,
      small: finding.small?.length ?? null,
    })),
  }));
  const findings = targets.reduce((sum, one) => sum + one.findings.length, 0);
  return JSON.stringify({ findings, targets }, null, 2);
}
