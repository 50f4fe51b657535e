/** Proposals with one broken rule each: what governance says, without effect. */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import { TestClock } from "effect/testing";
import {
  identityOf,
  identityText,
  networkIdentity,
  type Signer,
  utf8,
} from "../../kernel/crypto/mod.ts";
import {
  type Action,
  bundleOf,
  encodeProposal,
  encodeWithdraw,
  Governance,
  type Proposal,
  type ProposalBundle,
  withReport,
} from "../../kernel/governance/mod.ts";
import {
  ALICE,
  BOB,
  exporting,
  NEW,
  nonce,
  proposal,
  signed,
  STRANGER,
  submit,
  World,
} from "../../kernel/governance/test_world.ts";
import { writeProposal } from "../../kernel/governance/proposal.ts";
import { controlOf, refusalSuite } from "./table.ts";

/** What such a file may say; the rest is as in the good one. */
interface Written {
  readonly signers?: ReadonlyArray<keyof typeof SIGNERS>;
  readonly proposal?: {
    readonly action?: Action;
    readonly cell?: string;
    readonly note?: string;
    readonly network?: string;
    readonly component?: string | null;
    readonly replaces?: string;
    readonly argument?: string;
    readonly downgrade?: boolean;
    readonly expiryMs?: number;
    readonly activateMs?: number;
  };
  readonly attachment?: string;
  /** It brings a component that exports these, and the policy wants reports. */
  readonly driver?: readonly string[];
  /** Octets behind the component that are no section of one. */
  readonly spoilt?: boolean;
  /** What its report says beside the good one's; nothing: it names none. */
  readonly report?: Readonly<Record<string, unknown>>;
  readonly bend?: keyof typeof BENDS;
  /** It is a withdrawal, of one that has come so far. */
  readonly withdraws?: Stage;
  /** When it is handed in; 0 where absent. */
  readonly atMs?: number;
}

type Stage = "nothing" | "waiting" | "executed" | "withdrawn" | "withdrawal";

const SIGNERS = { alice: ALICE, bob: BOB, stranger: STRANGER };

const BENDS = {
  doubled: (bundle: ProposalBundle): ProposalBundle => ({
    ...bundle,
    signatures: [...bundle.signatures, ...bundle.signatures],
  }),
  exchanged: (bundle: ProposalBundle): ProposalBundle => ({
    ...bundle,
    signatures: bundle.signatures.map(({ governor }, at, all) => ({
      governor,
      signature: all[all.length - 1 - at]?.signature ?? new Uint8Array(),
    })),
  }),
  "of-another": (bundle: ProposalBundle): ProposalBundle => ({
    ...bundle,
    document: Result.getOrThrow(encodeProposal(proposal({ note: "other" }))),
  }),
};

const BLOCK = "karyon:hal/block@0.1.0";
const RULE = { conformers: [identityText(ALICE.id)], days: 30 };

/** The driver and its report, where it is about one. */
function broughtBy({ driver, spoilt = false, report }: Written) {
  if (driver === undefined) return { change: {}, octets: undefined };
  const plain = exporting(...driver);
  const octets = spoilt ? Uint8Array.from([...plain, 11, 9]) : plain;
  const component = identityOf(octets);
  if (report === undefined) return { change: { component }, octets };
  const facts = utf8(JSON.stringify({
    signers: RULE.conformers,
    passed: true,
    contract: BLOCK,
    component: identityText(component),
    atMs: 0,
    ...report,
  }));
  return {
    change: { component, argument: identityOf(facts) },
    octets: withReport(facts, octets),
  };
}

/** Brings one so far, and gives the withdrawal of it. */
async function withdrawal(
  world: World,
  stage: Stage,
): Promise<Partial<Proposal>> {
  const by = [ALICE, BOB];
  const waiting = await signed(by, {
    activation: { at: "height", height: 5n },
    expiryMs: 40_000n,
  });
  const of = (id: string): Partial<Proposal> => ({
    action: "withdraw",
    component: undefined,
    cell: "",
    argument: Result.getOrThrow(encodeWithdraw(id)),
    nonce: nonce(7),
  });
  if (stage === "nothing") return of(waiting.id);
  await world.live(submit(waiting));
  if (stage === "executed") {
    world.height = 5n;
    await world.live(Effect.flatMap(Governance, ({ runDue }) => runDue));
  }
  if (stage === "waiting" || stage === "executed") return of(waiting.id);
  const first = await signed(by, { ...of(waiting.id), nonce: nonce(8) });
  await world.live(submit(first, new Uint8Array()));
  return of(stage === "withdrawn" ? waiting.id : first.id);
}

function changeOf({ proposal: asked = {} }: Written): Partial<Proposal> {
  const { network, component, replaces, argument } = asked;
  const { expiryMs, activateMs, ...plain } = asked;
  const { network: _n, component: _c, replaces: _r, argument: _a, ...own } =
    plain;
  return {
    ...own,
    ...(network === undefined ? {} : { network: networkIdentity(network) }),
    ...(component === undefined ? {} : {
      component: component === null ? undefined : identityOf(utf8(component)),
    }),
    ...(replaces === undefined ? {} : { replaces: identityOf(utf8(replaces)) }),
    ...(argument === undefined ? {} : { argument: utf8(argument) }),
    ...(expiryMs === undefined ? {} : { expiryMs: BigInt(expiryMs) }),
    ...(activateMs === undefined
      ? {}
      : { activation: { at: "time" as const, ms: BigInt(activateMs) } }),
  };
}

/** The file as it is submitted; or why its octets are no document. */
async function submitted(world: Judged, written: Written) {
  const { change: brought, octets: driver } = broughtBy(written);
  const { withdraws, atMs = 0 } = written;
  const taken = withdraws === undefined
    ? {}
    : await withdrawal(world, withdraws);
  const change = { ...taken, ...changeOf(written), ...brought };
  world.before();
  if (driver !== undefined) world.reports = RULE;
  const octets = writeProposal(proposal(change));
  const decoded = bundleOf(octets, []);
  if (Result.isFailure(decoded)) return decoded.failure.message;
  const by: Signer[] = (written.signers ?? ["alice", "bob"])
    .map((name) => SIGNERS[name]);
  const plain = await signed(by, change);
  const bent = written.bend === undefined ? plain : BENDS[written.bend](plain);
  const bundle = Result.getOrThrow(bundleOf(bent.document, bent.signatures));
  const attachment = written.attachment === undefined
    ? driver ?? (withdraws === undefined ? NEW : new Uint8Array())
    : utf8(written.attachment);
  return await world.live(
    Effect.andThen(
      TestClock.adjust(atMs),
      Effect.result(submit(bundle, attachment)),
    ),
  );
}

/** A world that knows what it was like before the file was handed in. */
class Judged extends World {
  #before = { swaps: 0, files: this.files.size, records: 0 };

  before(): void {
    this.#before = {
      swaps: this.swaps,
      files: this.files.size,
      records: this.kinds().length,
    };
  }

  isUnchanged(): void {
    strictEqual(this.swaps, this.#before.swaps);
    strictEqual(this.files.size, this.#before.files, "nothing is stored");
  }

  written(): string[] {
    return this.kinds().slice(this.#before.records);
  }
}

Deno.test("control: the good proposal is executed", async () => {
  const world = new Judged();
  const done = await submitted(world, JSON.parse(controlOf("proposal")));
  ok(typeof done !== "string" && Result.isSuccess(done));
  strictEqual(world.swaps, 1);
});

Deno.test("control: a good withdrawal is executed", async () => {
  const world = new Judged();
  const done = await submitted(world, { withdraws: "waiting" });
  ok(typeof done !== "string" && Result.isSuccess(done));
  deepStrictEqual(world.written().at(-2), "withdrawn");
});

Deno.test("control: a driver with the report that the policy wants is executed", async () => {
  const world = new Judged();
  const done = await submitted(world, { driver: [BLOCK], report: {} });
  ok(typeof done !== "string" && Result.isSuccess(done));
  strictEqual(world.swaps, 1);
});

refusalSuite("proposal", async ({ text }) => {
  const world = new Judged();
  const done = await submitted(world, JSON.parse(text));
  world.isUnchanged();
  if (typeof done === "string") {
    match(done, /^malformed at document octet \d+: .+; .+/);
    return done;
  }
  ok(Result.isFailure(done), "it was not refused");
  const { rule, place, what, fix, message } = done.failure;
  for (const part of [rule, place, what, fix]) ok(part.length > 0);
  match(message, /^[a-z-]+ at .+: .+; .+/s);
  deepStrictEqual(world.written(), ["boot", "refused"]);
  return message;
});
