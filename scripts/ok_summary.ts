/** Reads how many tests passed and failed from what `deno test` prints. */

export interface Counts {
  readonly passed: number;
  readonly failed: number;
}

// deno-lint-ignore no-control-regex
const COLOUR = /\x1b\[[0-9;]*m/g;
const SUMMARY =
  /^(?:ok|FAILED) \| (\d+) passed(?: \([^)]*\))? \| (\d+) failed/gm;

/** The sum of all summaries in `output`; undefined where there is none. */
export function testCounts(output: string): Counts | undefined {
  const found = [...output.replace(COLOUR, "").matchAll(SUMMARY)];
  if (found.length === 0) return undefined;
  return {
    passed: found.reduce((sum, match) => sum + Number(match[1]), 0),
    failed: found.reduce((sum, match) => sum + Number(match[2]), 0),
  };
}
