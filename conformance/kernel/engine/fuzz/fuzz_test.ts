/**
 * A short fuzz with a fixed seed, and that it would notice what it looks for.
 */
import {
  deepStrictEqual,
  fail,
  match,
  ok,
  strictEqual,
} from "node:assert/strict";
import { seeded } from "../chance.ts";
import { assembled, type Octets, type Source } from "./sources.ts";
import { Binaryen, installedTools } from "./binaryen.ts";
import { Campaign } from "./campaign.ts";
import { execute } from "./execute.ts";
import type { Outcome } from "./job.ts";
import { judgeForms, judgePeer } from "./judge.ts";
import { mutated } from "./mutate.ts";
import { wrongRewriting } from "./octets.ts";
import { peerHere } from "./peers.ts";
import { regressions } from "./regressions.ts";
import { shaped } from "./shape.ts";
import {
  type Asked,
  firstJob,
  moreJobs,
  type Trial,
  trialOf,
} from "./trial.ts";

const ROOT = new URL("../../../../", import.meta.url).pathname;
const SEED = 20_261_121;
const CASES = 60;

const seeds: Source = {
  name: "regressions",
  draw: async (chance) => {
    const all = await regressions();
    return all[Math.floor(chance() * all.length)]?.octets;
  },
};

Deno.test(`fuzz: ${CASES} cases of seed ${SEED} give no difference`, async () => {
  const [tool] = installedTools(ROOT);
  const sources: Source[] = [seeds];
  const folder = await Deno.makeTempDir();
  const here = peerHere();
  try {
    if (tool === undefined) console.log("without binaryen: not installed");
    else sources.push(await Binaryen.open(tool, folder));
    const peers = [here];
    const campaign = new Campaign({
      seed: SEED,
      sources,
      peers,
      components: [],
    });
    await campaign.run(Array.from({ length: CASES }, (_, index) => index));
    const { findings, ends, cases } = campaign.tally;
    deepStrictEqual(
      findings.map((found) => `${found.case}: ${found.what}`),
      [],
    );
    strictEqual(cases, CASES);
    ok((ends.get("values") ?? 0) > CASES, "calls came to their end");
  } finally {
    await here.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("fuzz: the same seed draws the same modules", async () => {
  const octets = await made(TEXT(1, "1"));
  const draw = (seed: number) => mutated(octets, seeded(seed)).octets;
  deepStrictEqual(draw(7), draw(7));
  ok([1, 2, 3].some((seed) => String(draw(seed)) !== String(octets)));
});

const TEXT = (step: number, value: string) =>
  `(module (memory 1) (global $g (mut i32) (i32.const 0))
    (import "host" "note" (func $note (param i32)))
    (func (export "count") (result i32) (local $n i32)
      (loop $next
        (call $note (local.get $n))
        (local.set $n (i32.add (local.get $n) (i32.const ${step})))
        (i32.store (local.get $n) (i32.const ${value}))
        (br_if $next (i32.lt_u (local.get $n) (i32.const 8))))
      (local.get $n)))`;

async function made(text: string): Promise<Octets> {
  const octets = await assembled(text.replace(
    /\(memory 1\) (\(global[^\n]*)\n\s*(\(import[^\n]*)/,
    "$2 (memory 1) $1",
  ));
  if (octets === undefined) fail("the text is a module");
  return shaped(octets);
}

function run(trial: Trial): {
  readonly first: Outcome;
  readonly asked: readonly Asked[];
  readonly outcomes: readonly Outcome[];
} {
  const first = execute(firstJob(trial).job);
  const asked = moreJobs(trial, first);
  return { first, asked, outcomes: asked.map(({ job }) => execute(job)) };
}

function differences(trial: Trial): readonly string[] {
  const { first, asked, outcomes } = run(trial);
  return judgeForms(trial, first, asked, outcomes).differences;
}

Deno.test("fuzz: what a browser gets is complete in itself", async () => {
  const { job } = firstJob(trialOf(await made(TEXT(1, "1")), () => 0.5));
  const alone = new Function(`return ${execute.toString()}`)();
  deepStrictEqual(alone(job), execute(job));
});

Deno.test("fuzz: control, another module in the place of a form is noticed", async () => {
  const chance = () => 0.5;
  const right = trialOf(await made(TEXT(1, "1")), chance);
  deepStrictEqual(differences(right), []);
  const others: readonly [string, string, RegExp][] = [
    ["result", TEXT(3, "1"), /step 1: 8 .*but 9/],
    ["memory", TEXT(1, "2"), /memory of 65536/],
  ];
  for (const [what, text, words] of others) {
    const wrong = trialOf(await made(text), chance);
    for (const form of ["plain", "none", "trap", "park"] as const) {
      const forms = { ...right.forms, [form]: wrong.forms[form] };
      match(differences({ ...right, forms }).join("\n"), words, what);
    }
  }
});

Deno.test("fuzz: control, other fuel and another log on a peer are noticed", async () => {
  const trial = trialOf(await made(TEXT(1, "1")), () => 0.5);
  const { asked, outcomes } = run(trial);
  deepStrictEqual(judgePeer(asked, outcomes, outcomes)?.differences, []);
  const changed = (change: { readonly used?: string; readonly log?: number }) =>
    outcomes.map(({ steps, state }) => ({
      steps: steps.map((step) => ({ ...step, ...change })),
      state,
    }));
  ok(judgePeer(asked, outcomes, changed({ used: "5" }))?.differences.length);
  ok(judgePeer(asked, outcomes, changed({ log: 5 }))?.differences.length);
  const invalid = outcomes.map(() => ({
    steps: [{
      text: "invalid",
      logged: 0,
      log: 0,
      used: "",
      lost: 0,
      trail: [],
    }],
    state: [],
  }));
  strictEqual(
    judgePeer(asked, outcomes, invalid),
    undefined,
    "not taken is no difference",
  );
});

Deno.test("fuzz: control, a stop at another point is noticed", async () => {
  const trial = trialOf(await made(TEXT(1, "1")), () => 0.5);
  const { first, asked, outcomes } = run(trial);
  for (const role of ["less", "some", "exact"] as const) {
    const at = asked.findIndex((one) => one.role === role);
    const exact = asked.findIndex(({ role }) => role === "exact");
    const less = asked.findIndex(({ role }) => role === "less");
    const swapped = outcomes.with(
      at,
      outcomes[role === "exact" ? less : exact] as Outcome,
    );
    ok(judgeForms(trial, first, asked, swapped).differences.length > 0, role);
  }
});

Deno.test("fuzz: octets that are no module are refused", async () => {
  strictEqual(wrongRewriting(new Uint8Array()), undefined);
  strictEqual(wrongRewriting(await made(TEXT(1, "1"))), undefined);
});

for (const { name, reason, octets } of await regressions()) {
  Deno.test(`fuzz: ${name}: ${reason}`, async () => {
    if (octets === undefined) fail("it is no valid module");
    const here = peerHere();
    try {
      const peers = [here];
      const campaign = new Campaign({
        seed: SEED,
        sources: [],
        peers,
        components: [],
      });
      await campaign.runGiven([{ name, octets }]);
      deepStrictEqual(campaign.tally.findings.map(({ what }) => what), []);
      strictEqual(campaign.tally.peers.get("here")?.modules, 1);
    } finally {
      await here.stop();
    }
  });
}
