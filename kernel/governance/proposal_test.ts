/** Proposals and bundles: golden vectors, round trips, hostile octets. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { Effect, Result } from "effect";
import {
  identityOf,
  identityText,
  Malformed,
  nobleComposite,
  seedsFrom,
  signerFor,
  toHex,
} from "../crypto/mod.ts";
import { Chance, seeded } from "../crypto/test_chance.ts";
import {
  ACTIONS,
  type Activation,
  bundleOf,
  decodeProposal,
  encodeProposal,
  parseBundle,
  type Proposal,
  ProposalRefused,
  renderBundle,
  signBundle,
} from "./mod.ts";

const vectors = new URL(
  "../../conformance/vectors/governance/",
  import.meta.url,
);
const golden = JSON.parse(
  await Deno.readTextFile(new URL("proposal.json", vectors)),
);

function identity(chance: Chance): Uint8Array {
  return identityOf(chance.octets(8));
}

const ONCE: Activation = { at: "once" };

/** Any proposal that keeps every rule. */
function proposal(chance: Chance): Proposal {
  const action = chance.pick(ACTIONS);
  const swap = action === "swap";
  const made = swap || action === "load";
  const withdrawal = action === "withdraw";
  const activation = withdrawal ? ONCE : chance.pick<Activation>([
    { at: "once" },
    { at: "time", ms: BigInt(chance.below(1e9)) },
    { at: "height", height: BigInt(chance.below(1e9)) },
  ]);
  const optional = (allowed: boolean) =>
    allowed && chance.below(2) === 0 ? identity(chance) : undefined;
  return {
    action,
    downgrade: swap && chance.below(2) === 0,
    network: identity(chance),
    component: made ? identity(chance) : undefined,
    manifest: action === "load" ? identity(chance) : optional(swap),
    replaces: optional(swap),
    activation,
    expiryMs: 1_000_000_000n + BigInt(chance.below(1e9)),
    nonce: chance.octets(16),
    cell: action === "set-policy" || withdrawal
      ? ""
      : chance.pick(["a", "rank", "my-cell", "x9-y", "a".repeat(64)]),
    argument: withdrawal
      ? identity(chance)
      : made || action === "unload"
      ? new Uint8Array()
      : chance.octets(chance.below(50)),
    note: chance.pick(["", "why", "two\nlines", "κάρυον 🌰"]),
  };
}

Deno.test("the golden proposals decode and encode to themselves", () => {
  for (const name of ["swap", "set_policy", "withdraw"]) {
    const document = Uint8Array.fromHex(golden[name].document);
    const decoded = Result.getOrThrow(decodeProposal(document));
    const again = Result.getOrThrow(encodeProposal(decoded));
    strictEqual(toHex(again), golden[name].document);
    strictEqual(identityText(identityOf(document)), golden[name].id);
  }
  const swap = Result.getOrThrow(
    decodeProposal(Uint8Array.fromHex(golden.swap.document)),
  );
  const withdrawal = Result.getOrThrow(
    decodeProposal(Uint8Array.fromHex(golden.withdraw.document)),
  );
  strictEqual(withdrawal.action, "withdraw");
  strictEqual(identityText(withdrawal.argument), golden.swap.id);
  strictEqual(swap.cell, "rank");
  strictEqual(swap.note, "κάρυον: a faster rank");
  deepStrictEqual(swap.activation, { at: "time", ms: 1_796_000_000_000n });
});

Deno.test("the golden transport form is signed by its governor", () => {
  const bundle = Result.getOrThrow(parseBundle(golden.transport));
  strictEqual(bundle.id, golden.swap.id);
  strictEqual(renderBundle(bundle), golden.transport);
  strictEqual(identityText(bundle.signatures[0]!.governor), golden.governor.id);
});

Deno.test("every malformed document is refused at its place", async () => {
  const malformed = JSON.parse(
    await Deno.readTextFile(new URL("malformed.json", vectors)),
  );
  ok(malformed.documents.length >= 20);
  for (const { name, offset, document } of malformed.documents) {
    const decoded = decodeProposal(Uint8Array.fromHex(document));
    ok(Result.isFailure(decoded), name);
    strictEqual(decoded.failure.offset, offset, `${name}: ${decoded.failure}`);
  }
});

Deno.test("decode(encode(x)) is x", () =>
  seeded(21, (chance) => {
    for (let round = 0; round < 500; round += 1) {
      const one = proposal(chance);
      const octets = Result.getOrThrow(encodeProposal(one));
      deepStrictEqual(Result.getOrThrow(decodeProposal(octets)), one);
    }
  }));

Deno.test("whatever decodes encodes to the same octets, mutants too", () =>
  seeded(22, (chance) => {
    let accepted = 0;
    for (let round = 0; round < 100; round += 1) {
      const octets = Result.getOrThrow(encodeProposal(proposal(chance)));
      for (let change = 0; change < 40; change += 1) {
        const mutant = octets.slice();
        mutant[chance.below(mutant.length)] = chance.below(256);
        const decoded = decodeProposal(mutant);
        if (Result.isFailure(decoded)) {
          ok(decoded.failure instanceof Malformed);
          continue;
        }
        accepted += 1;
        const again = Result.getOrThrow(encodeProposal(decoded.success));
        strictEqual(toHex(again), toHex(mutant));
      }
    }
    ok(accepted > 0);
  }));

Deno.test("what cannot be encoded is refused, not bent", () => {
  const good = proposalOf("swap");
  const bad: ReadonlyArray<[string, Partial<Proposal>]> = [
    ["short nonce", { nonce: new Uint8Array(15) }],
    ["short component", { component: new Uint8Array(32) }],
    ["no component", { component: undefined }],
    ["negative expiry", { expiryMs: -1n }],
    ["expiry past 64 bits", { expiryMs: 1n << 64n }],
    ["long cell", { cell: "a".repeat(65) }],
    ["cell of another form", { cell: "Rank" }],
    ["cell with a newline", { cell: "rank\n" }],
    ["long note", { note: "x".repeat(1025) }],
    ["lone surrogate", { note: "\ud800" }],
    ["argument", { argument: new Uint8Array(1) }],
    ["activation after expiry", { activation: { at: "time", ms: 99n } }],
  ];
  for (const [name, change] of bad) {
    ok(Result.isFailure(encodeProposal({ ...good, ...change })), name);
  }
  ok(Result.isSuccess(encodeProposal(good)), "control");
});

function proposalOf(action: "swap"): Proposal {
  return {
    action,
    downgrade: false,
    network: identityOf(new Uint8Array()),
    component: identityOf(new Uint8Array(1)),
    manifest: undefined,
    replaces: undefined,
    activation: { at: "once" },
    expiryMs: 99n,
    nonce: new Uint8Array(16),
    cell: "rank",
    argument: new Uint8Array(),
    note: "",
  };
}

Deno.test("random octets and texts are refused, never thrown at", () =>
  seeded(23, (chance) => {
    for (let round = 0; round < 500; round += 1) {
      const octets = chance.octets(chance.below(400));
      ok(Result.isFailure(decodeProposal(octets)));
      const text = new TextDecoder().decode(octets);
      ok(Result.isFailure(parseBundle(text)));
    }
  }));

Deno.test("hostile transport texts are refused with their place", () => {
  const good = JSON.parse(golden.transport);
  const one = good.signatures[0];
  const cases: ReadonlyArray<[string, unknown, string]> = [
    ["null", null, "text"],
    ["array", [], "text"],
    ["other format", { ...good, format: "karyon-proposal-2" }, "text"],
    ["further key", { ...good, more: 1 }, "text"],
    ["missing key", { ...good, document: undefined }, "text"],
    ["number for text", { ...good, document: 1 }, "text"],
    ["base64 with a space", {
      ...good,
      document: ` ${good.document}`,
    }, "document"],
    ["empty document", { ...good, document: "" }, "document octet 0"],
    ["long document", {
      ...good,
      document: btoa("x".repeat(6000)),
    }, "document"],
    ["governor is no identity", {
      ...good,
      signatures: [{ ...one, governor: "01" }],
    }, "signatures[0].governor"],
    ["short signature", {
      ...good,
      signatures: [one, { ...one, signature: "AAAA" }],
    }, "signatures[1].signature"],
    ["too many signatures", {
      ...good,
      signatures: Array.from({ length: 65 }, () => one),
    }, "text"],
  ];
  for (const [name, value, place] of cases) {
    const parsed = parseBundle(JSON.stringify(value));
    ok(Result.isFailure(parsed), name);
    ok(parsed.failure instanceof ProposalRefused);
    strictEqual(parsed.failure.rule, "malformed");
    strictEqual(parsed.failure.place, place, `${name}: ${parsed.failure}`);
  }
  for (
    const text of [
      "",
      "{",
      "[".repeat(500_000),
      '{"format":'.repeat(40_000),
      "x".repeat(600_000),
    ]
  ) ok(Result.isFailure(parseBundle(text)), text.slice(0, 20));
});

Deno.test("signing again replaces a governor's signature", async () => {
  const key = await nobleComposite().open(seedsFrom(new Uint8Array(32)));
  const signer = signerFor(key, ["proposal"]);
  const octets = Result.getOrThrow(encodeProposal(proposalOf("swap")));
  const bundle = Result.getOrThrow(bundleOf(octets, []));
  const once = await Effect.runPromise(signBundle(bundle, signer));
  const twice = await Effect.runPromise(signBundle(once, signer));
  strictEqual(once.signatures.length, 1);
  strictEqual(twice.signatures.length, 1);
  strictEqual(twice.id, bundle.id);
});
