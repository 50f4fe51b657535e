/**
 * Opens block drivers on every state that a power cut may leave of a history:
 * `deno task crash:states [DRIVER …] [--seed N] [--seeds COUNT]`.
 *
 * The cases are those of the suite's group `crashes`; where a fixture lets the
 * gate try a few states only, here all are tried. Exit status: 0 all passed,
 * 1 not, 2 wrong arguments.
 */
import { parseArgs } from "node:util";
import { BLOCK_SUITE } from "../conformance/hal/block/block_suite.ts";
import type { BlockSubject } from "../conformance/hal/block/case.ts";
import { isRed, runSuite } from "../conformance/hal/suite/run.ts";
import { subject as file } from "../drivers/deno/block_file/testing/fixture.ts";
import { subject as nbd } from "../drivers/deno/block_nbd/testing/fixture.ts";
import { subject as memory } from "../drivers/memory/block/testing/fixture.ts";
import { subject as virtio } from "../drivers/virtio/block/testing/fixture.ts";

const DRIVERS = new Map<string, BlockSubject>([
  ["memory/block", memory],
  ["deno/block-file", file],
  ["virtio/block", virtio],
  ["deno/block-nbd", nbd],
]);

const HELP =
  `Opens block drivers on every state that a power cut may leave of a history.

usage: deno task crash:states [DRIVER …] [--seed N] [--seeds COUNT] [--json]

  DRIVER          ${[...DRIVERS.keys()].join(", ")} (default: all)
  --seed N        the first seed of histories by chance (default 1)
  --seeds COUNT   how many seeds (default 1)
  --json          one object a line
  --help          this text
`;

/** The subject with no bound on states, counting the openings. */
function unbounded(subject: BlockSubject, opened: () => void): BlockSubject {
  return {
    ...subject,
    async make() {
      const fixture = await subject.make();
      const { recording } = fixture;
      if (recording === undefined) throw new Error("it has no recording");
      return {
        ...fixture,
        recording: {
          octets: recording.octets,
          take: () => recording.take(),
          openOn(octets) {
            opened();
            return recording.openOn(octets);
          },
        },
      };
    },
  };
}

async function runOne(driver: string, subject: BlockSubject, seed: number) {
  let states = 0;
  const { results } = await runSuite(
    BLOCK_SUITE,
    unbounded(subject, () => void states++),
    { seed, only: "crashes/", nowMs: () => performance.now() },
  );
  const failed = results.filter(({ verdict }) => isRed(verdict))
    .map(({ id, evidence }) => ({ id, evidence }));
  return { driver, seed, states, cases: results.length, failed };
}

function numberOf(text: string | undefined, name: string): number {
  const number = Number(text ?? "1");
  if (Number.isSafeInteger(number) && number > 0) return number;
  throw new TypeError(`--${name} wants a number above 0`);
}

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seed: { type: "string" },
      seeds: { type: "string" },
      json: { type: "boolean" },
      help: { type: "boolean" },
    },
  });
  if (values.help === true) return console.log(HELP), 0;
  const unknown = positionals.find((name) => !DRIVERS.has(name));
  if (unknown !== undefined) throw new TypeError(`no driver ${unknown}`);
  const first = numberOf(values.seed, "seed");
  const names = positionals.length > 0 ? positionals : [...DRIVERS.keys()];
  let red = false;
  for (let i = 0; i < numberOf(values.seeds, "seeds"); i++) {
    for (const name of names) {
      const result = await runOne(name, DRIVERS.get(name) ?? memory, first + i);
      const { driver, seed, states, cases, failed } = result;
      red ||= failed.length > 0;
      console.log(
        values.json === true
          ? JSON.stringify(result)
          : `${driver}: seed ${seed}, ${cases} cases, ${states} openings, ${failed.length} failed`,
      );
      if (values.json === true) continue;
      for (const { id, evidence } of failed) {
        console.log(`  ${id}: ${evidence}`);
      }
    }
  }
  return red ? 1 : 0;
}

try {
  Deno.exitCode = await main();
} catch (error) {
  if (!(error instanceof TypeError)) throw error;
  console.error(`${error.message}\n\n${HELP}`);
  Deno.exitCode = 2;
}
