/**
 * A short fuzz of every decoder with a fixed seed, and that it would notice.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { main, type Setting } from "./fuzz_decoders.ts";
import { BOUNDS, Campaign } from "./fuzz_decoders/campaign.ts";
import { drawn } from "./fuzz_decoders/draw.ts";
import { commandOf } from "./fuzz_decoders/report.ts";
import { TARGETS } from "./fuzz_decoders/registry.ts";
import type { Target } from "./fuzz_decoders/target.ts";
import { TARGETS as PLANTED } from "./fuzz_decoders/testing/planted.ts";

const SEED = 20_261_121;
const CASES = 100;
/** A minute: a busy machine is no finding here. */
const SLOW_MS = 60_000;

for (const target of TARGETS) {
  const cases = Math.ceil(CASES / (target.cost ?? 1));
  Deno.test(`decoders: ${target.name} takes or refuses ${cases} cases`, async () => {
    const bounds = { ...BOUNDS, slowMs: SLOW_MS };
    const campaign = await Campaign.open(target, SEED, bounds);
    for (let index = 0; index < cases; index += 1) await campaign.run(index);
    deepStrictEqual(
      campaign.findings.map((finding) =>
        `${finding.what}: ${commandOf(finding, SEED)}`
      ),
      [],
    );
    const { taken, refused } = campaign.tally;
    strictEqual(taken + refused, cases);
    ok(taken > 0, "control: a seed is taken");
    ok(refused > 0, "control: something is refused");
  });
}

Deno.test("decoders: every one has a name of its own, and good seeds", async () => {
  strictEqual(new Set(TARGETS.map(({ name }) => name)).size, TARGETS.length);
  const [target] = TARGETS;
  ok(target);
  const subject = await target.open();
  const draw = (seed: number, index: number) =>
    drawn(target, subject, seed, index).toHex();
  strictEqual(draw(7, 99), draw(7, 99));
  const others = [draw(8, 99), draw(7, 98), draw(7, 97)];
  ok(others.some((other) => other !== draw(7, 99)));
});

interface Ran {
  readonly code: number;
  readonly said: string;
  readonly progress: string;
}

async function command(
  args: readonly string[],
  folder: string,
  more: Partial<Setting> = {},
): Promise<Ran> {
  const said: string[] = [];
  const progress: string[] = [];
  const code = await main(args, {
    registry: new URL("./fuzz_decoders/testing/planted.ts", import.meta.url),
    folder,
    say: (line) => void said.push(line),
    progress: (line) => void progress.push(line),
    ...more,
  });
  return { code, said: said.join("\n"), progress: progress.join("") };
}

async function inFolder(body: (folder: string) => Promise<void>) {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("decoders: a planted defect is found, made small, and repeated from its command", () =>
  inFolder(async (folder) => {
    const args = ["--only", "planted-throw", "--minutes", "0.01", "--seed=3"];
    const found = await command(args, folder);
    strictEqual(found.code, 1, found.said);
    match(
      found.said,
      /FINDING planted-throw, seed 3, case \d+: it threw Range/,
    );
    const line = found.said.split("\n")
      .find((one) => one.includes("deno task fuzz:decoders"));
    const [, again = ""] = /fuzz:decoders (.*)$/.exec(line ?? "") ?? [];
    match(again, /^--only planted-throw --seed 3 --case \d+$/);
    const repeated = await command(again.split(" "), folder);
    strictEqual(repeated.code, 1, repeated.said);
    match(repeated.said, / 1 cases .*\n.*FINDING.*Invalid array length/);
    const index = again.split(" ").at(-1);
    const small = await Deno.readFile(
      `${folder}/planted-throw-3-${index}.small`,
    );
    strictEqual(small.length, 10, "up to the octet that it trusts");
    deepStrictEqual([...small.slice(0, 9)], Array(9).fill(0));
    ok((small[9] ?? 0) > 200);
  }));

Deno.test("decoders: control, nothing is found in a sound one", () =>
  inFolder(async (folder) => {
    const args = ["--only", "sound", "--minutes", "0.005", "--seed", "3"];
    const { code, said } = await command([...args, "--json"], folder);
    strictEqual(code, 0, said);
    const { findings, targets } = JSON.parse(said);
    deepStrictEqual([findings, targets.length], [0, 1]);
    ok(targets[0].taken > 0 && targets[0].refused > 0);
  }));

Deno.test("decoders: what does not end is found by whoever watches", () =>
  inFolder(async (folder) => {
    const args = ["--only", "planted-spin", "--seed", "3", "--case", "5"];
    const { code, said } = await command(args, folder, { silentMs: 500 });
    strictEqual(code, 1, said);
    match(said, /planted-spin, seed 3, case 5: it did not end within 500 ms/);
    strictEqual([...Deno.readDirSync(folder)].length, 2);
  }));

async function findingOf(name: string, growthMax = BOUNDS.growthMax) {
  const target = PLANTED.find((one): one is Target => one.name === name);
  ok(target);
  const bounds = { slowMs: SLOW_MS, growthMax };
  const campaign = await Campaign.open(target, 3, bounds);
  for (let index = 0; index < 200; index += 1) {
    const finding = await campaign.run(index);
    if (finding !== undefined) return finding;
  }
  return undefined;
}

Deno.test("decoders: broken promises of every kind are noticed", async () => {
  match((await findingOf("planted-seed"))?.what ?? "", /seed 0 is not taken/);
  match((await findingOf("planted-change"))?.what ?? "", /changed the octets/);
  const hoard = await findingOf("planted-hoard", 32 << 20);
  match(hoard?.what ?? "", /it holds \d+ MiB more/);
  strictEqual(await findingOf("sound"), undefined);
});

Deno.test("decoders: a finding that needs the cases before it is repeated with them", async () => {
  const target = PLANTED.find(({ name }) => name === "planted-state");
  ok(target);
  const first = await Campaign.open(target, 3);
  strictEqual(await first.run(0), undefined);
  strictEqual(await first.run(1), undefined);
  const finding = await first.run(2);
  strictEqual(finding?.small, undefined, "alone it does not show");
  match(finding?.what ?? "", /the third one/);
  const again = await Campaign.open(target, 3);
  match((await again.repeat(2))?.what ?? "", /the third one/);
});

Deno.test("decoders: wrong use ends with 2 and names the fix", async () => {
  const wrongs: readonly [string[], RegExp][] = [
    [["--only", "nothing"], /no decoder "nothing"; there is planted-throw/],
    [["--case", "3"], /add --only NAME/],
    [["--seed", "x"], /--seed takes a whole number/],
    [["--minutes"], /--minutes takes a number/],
    [["--often"], /--help lists/],
  ];
  for (const [args, words] of wrongs) {
    const { code, progress } = await command(args, "/tmp/none");
    strictEqual(code, 2, args.join(" "));
    match(progress, words);
  }
  const help = await command(["--help"], "/tmp/none");
  strictEqual(help.code, 0);
  match(help.said, /deno task fuzz:decoders/);
  const list = await command(["--list"], "/tmp/none");
  match(list.said, /sound +a planted defect/);
});

/** Places of a text in octets. */
function placesOf(text: string, octets: Uint8Array): number[] {
  const wanted = new TextEncoder().encode(text);
  return [...octets.keys()].filter((at) =>
    wanted.every((octet, i) => octets[at + i] === octet)
  );
}

Deno.test("decoders: a checkpoint whose bookmarks are not canonical is passed over", async () => {
  const target = TARGETS.find(({ name }) => name === "graph-device");
  ok(target);
  const subject = await target.open();
  // All checks of this one are made right again.
  const seed = subject.seeds.at(-1) ?? new Uint8Array();
  strictEqual(await subject.run(seed.slice()), "taken", "control");
  const places = placesOf("key ", seed);
  ok(places.length > 0, "there is a bookmark");
  for (const at of places) {
    // The length of the key stands before it.
    const changed = seed.slice();
    changed[at - 1] = 255;
    match(await subject.run(changed), /^(taken|refused)$/);
  }
});
