/** Arguments: what decodes encodes to the same octets; what is bent is refused. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Result } from "effect";
import { type Chance, seeded } from "../crypto/test_chance.ts";
import {
  type Action,
  type BudgetChange,
  decodeBudget,
  decodeGrant,
  decodePolicy,
  decodeRevoke,
  decodeWithdraw,
  encodeBudget,
  encodeGrant,
  encodePolicy,
  encodeRevoke,
  encodeWithdraw,
} from "./mod.ts";

const BUDGETS: readonly BudgetChange[] = [
  { budgetMs: 4 },
  { class: "hard" },
  { class: "soft", budgetMs: 0, callMs: 1, stepMs: 600_000, startMs: 500 },
];
const GRANT = { contract: "karyon:graph/reads@0.1.0", provider: "cell:graph" };
const RIGHTS = new Map<string, ReadonlySet<Action>>([
  [`01${"0a".repeat(32)}`, new Set<Action>(["swap", "set-policy"])],
  [`01${"0b".repeat(32)}`, new Set<Action>(["grant"])],
]);
const ID = `01${"0d".repeat(32)}`;
const RULE = {
  conformers: [`01${"0a".repeat(32)}`, `01${"0c".repeat(32)}`],
  days: 30,
};

Deno.test("control: arguments survive their octets", () => {
  for (const change of BUDGETS) {
    deepStrictEqual(
      Result.getOrThrow(decodeBudget(encodeBudget(change))),
      change,
    );
  }
  const grant = Result.getOrThrow(encodeGrant(GRANT));
  deepStrictEqual(Result.getOrThrow(decodeGrant(grant)), GRANT);
  const revoke = Result.getOrThrow(encodeRevoke(GRANT.contract));
  strictEqual(Result.getOrThrow(decodeRevoke(revoke)), GRANT.contract);
  const withdraw = Result.getOrThrow(encodeWithdraw(ID));
  strictEqual(Result.getOrThrow(decodeWithdraw(withdraw)), ID);
  const outline = { threshold: 2, rights: RIGHTS };
  const policy = Result.getOrThrow(encodePolicy(outline));
  deepStrictEqual(Result.getOrThrow(decodePolicy(policy)), outline);
  const wanting = { ...outline, reports: RULE };
  const longer = Result.getOrThrow(encodePolicy(wanting));
  deepStrictEqual(Result.getOrThrow(decodePolicy(longer)), wanting);
  // What an older policy says stands as it stood.
  deepStrictEqual(longer.subarray(0, policy.length), policy);
});

Deno.test("whatever decodes encodes to the same octets", () =>
  seeded(43, (chance: Chance) => {
    const start = [
      encodeBudget(BUDGETS[2]!),
      Result.getOrThrow(encodeGrant(GRANT)),
      Result.getOrThrow(encodeRevoke(GRANT.contract)),
      Result.getOrThrow(encodeWithdraw(ID)),
      Result.getOrThrow(encodePolicy({ threshold: 1, rights: RIGHTS })),
      Result.getOrThrow(
        encodePolicy({ threshold: 1, rights: RIGHTS, reports: RULE }),
      ),
    ];
    for (let round = 0; round < 4_000; round += 1) {
      const octets = start[chance.below(start.length)]!.slice();
      for (let n = chance.below(3); n >= 0; n -= 1) {
        octets[chance.below(octets.length)] = chance.below(256);
      }
      same(octets, Result.map(decodeBudget(octets), encodeBudget));
      same(octets, Result.flatMap(decodeGrant(octets), encodeGrant));
      same(octets, Result.flatMap(decodeRevoke(octets), encodeRevoke));
      same(octets, Result.flatMap(decodeWithdraw(octets), encodeWithdraw));
      same(octets, Result.flatMap(decodePolicy(octets), encodePolicy));
    }
    return Promise.resolve();
  }));

function same(
  octets: Uint8Array,
  again: Result.Result<Uint8Array, unknown>,
): void {
  if (Result.isSuccess(again)) deepStrictEqual(again.success, octets);
}

Deno.test("what has no form is not encoded", () => {
  const bad: readonly Result.Result<unknown, unknown>[] = [
    encodeGrant({ ...GRANT, provider: "cell:Graph" }),
    encodeGrant({ ...GRANT, provider: "somebody" }),
    encodeGrant({ ...GRANT, contract: "reads" }),
    encodeRevoke(""),
    encodeRevoke(`karyon:${"x".repeat(300)}/reads@0.1.0`),
    encodeWithdraw(""),
    encodeWithdraw(ID.slice(2)),
    encodeWithdraw(`02${ID.slice(2)}`),
    encodePolicy({ threshold: 1, rights: new Map() }),
    ...[
      { ...RULE, conformers: [] },
      { ...RULE, conformers: ["01ab"] },
      { ...RULE, conformers: [...RULE.conformers, ...RULE.conformers] },
      { ...RULE, days: 3651 },
    ].map((reports) => encodePolicy({ threshold: 1, rights: RIGHTS, reports })),
    decodeBudget(encodeBudget({})),
  ];
  for (const one of bad) ok(Result.isFailure(one));
});

Deno.test("the golden arguments mean what they say", async () => {
  const golden = JSON.parse(
    await Deno.readTextFile(
      new URL(
        "../../conformance/vectors/governance/arguments.json",
        import.meta.url,
      ),
    ),
  );
  const octets = (name: string) => Uint8Array.fromHex(golden[name].argument);
  deepStrictEqual(
    Result.getOrThrow(decodeBudget(octets("set_budget"))),
    golden.set_budget.means,
  );
  deepStrictEqual(
    Result.getOrThrow(decodeGrant(octets("grant"))),
    golden.grant.means,
  );
  strictEqual(
    Result.getOrThrow(decodeRevoke(octets("revoke"))),
    golden.revoke.means,
  );
  strictEqual(
    Result.getOrThrow(decodeWithdraw(octets("withdraw"))),
    golden.withdraw.means,
  );
  const { threshold, rights } = Result.getOrThrow(
    decodePolicy(octets("set_policy")),
  );
  deepStrictEqual({
    threshold,
    rights: [...rights].map(([id, actions]) => [id, [...actions]]),
  }, golden.set_policy.means);
});
