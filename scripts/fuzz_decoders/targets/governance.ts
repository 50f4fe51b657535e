/** kernel/governance: proposals, their arguments, bundles, policies, records. */
import { Effect, Result } from "effect";
import { Malformed } from "../../../kernel/crypto/mod.ts";
import {
  bundleOf,
  decodeBudget,
  decodeGrant,
  decodePolicy,
  decodeProposal,
  decodeRecord,
  decodeRevoke,
  decodeWithdraw,
  encodeBudget,
  encodeGrant,
  encodePolicy,
  encodeProposal,
  encodeRecord,
  encodeRevoke,
  encodeWithdraw,
  parseBundle,
  parsePolicy,
  policyOf,
  PolicyRefused,
  ProposalRefused,
  renderBundle,
  renderPolicy,
  StorageFailed,
} from "../../../kernel/governance/mod.ts";
import { Chance } from "../../../kernel/crypto/test_chance.ts";
import {
  fromHex,
  good,
  isCanonical,
  isSettled,
  judged,
  octetsTarget,
  type Target,
  textTarget,
  vectors,
} from "../target.ts";

const BUNDLE_OCTETS = 1984;

const isMalformed = (failure: unknown) => failure instanceof Malformed;
const proposals = () => vectors("governance/proposal");
const argumentOf = (name: string) => () => [
  fromHex(vectors("governance/arguments")[name].argument),
];

/** A target whose decoder and encoder are each other's inverse. */
function argument<A>(
  name: string,
  decode: (octets: Uint8Array) => Result.Result<A, Malformed>,
  encode: (value: A) => Result.Result<Uint8Array, Malformed>,
  seed: string,
): Target {
  return octetsTarget({
    name: `argument-${name}`,
    about: `the argument of a proposal, ${name}`,
    octetsMax: 4096,
    seeds: argumentOf(seed),
    run: (octets) =>
      judged(
        decode(octets),
        isMalformed,
        (value) => isCanonical(octets, good(encode(value))),
      ),
  });
}

function somePolicies(): string[] {
  const chance = new Chance(9);
  const keys = [1, 2, 3].map(() => chance.octets(BUNDLE_OCTETS));
  return [1, 2].map((threshold) =>
    renderPolicy(good(policyOf(keys, threshold)))
  );
}

function someRecords(): Uint8Array[] {
  const bundle = good(parseBundle(proposals().transport));
  const record = {
    bundle,
    signers: [proposals().governor.id as string],
    threshold: 1,
    state: "executed",
    detail: "as asked",
    receivedMs: 1_796_000_000_000,
    order: 1,
    replaced: undefined,
    pauseMs: 2.5,
    probation: true,
  } as const;
  const early = {
    ...record,
    state: "scheduled",
    pauseMs: undefined,
    probation: false,
  } as const;
  const gone = { ...early, state: "withdrawn", detail: "by another" } as const;
  return [record, early, gone].map(encodeRecord);
}

export const GOVERNANCE: readonly Target[] = [
  octetsTarget({
    name: "proposal",
    about: "the document that governors sign",
    octetsMax: 16 * 1024,
    seeds: () => {
      const { swap, set_policy, withdraw } = proposals();
      return [swap, set_policy, withdraw].map((one) => fromHex(one.document));
    },
    run: (octets) =>
      judged(
        decodeProposal(octets),
        isMalformed,
        (proposal) => isCanonical(octets, good(encodeProposal(proposal))),
      ),
  }),
  argument(
    "budget",
    decodeBudget,
    (change) => Result.succeed(encodeBudget(change)),
    "set_budget",
  ),
  argument("grant", decodeGrant, encodeGrant, "grant"),
  argument("revoke", decodeRevoke, encodeRevoke, "revoke"),
  argument("withdraw", decodeWithdraw, encodeWithdraw, "withdraw"),
  argument("policy", decodePolicy, encodePolicy, "set_policy"),
  textTarget({
    name: "bundle-json",
    about: "a proposal with its signatures, as a file and over HTTP",
    seeds: () => [
      proposals().transport,
      renderBundle(good(bundleOf(fromHex(proposals().swap.document), []))),
    ],
    run: (text) =>
      judged(
        parseBundle(text),
        (failure) => failure instanceof ProposalRefused,
        (bundle) => {
          const written = renderBundle(bundle);
          isSettled(written, renderBundle(good(parseBundle(written))));
        },
      ),
  }),
  textTarget({
    name: "policy-json",
    about: "a policy's file",
    seeds: somePolicies,
    run: (text) =>
      judged(
        parsePolicy(text),
        (failure) => failure instanceof PolicyRefused,
        (policy) => {
          const written = renderPolicy(policy);
          isSettled(written, renderPolicy(good(parsePolicy(written))));
        },
      ),
  }),
  octetsTarget({
    name: "stored-proposal",
    about: "what a node keeps of an accepted proposal",
    form: "json",
    seeds: someRecords,
    run: (octets) =>
      judged(
        Effect.runSync(Effect.result(decodeRecord(octets))),
        (failure) => failure instanceof StorageFailed,
        (record) => {
          const written = encodeRecord(record);
          const again = Effect.runSync(decodeRecord(written));
          isCanonical(written, encodeRecord(again));
        },
      ),
  }),
];
