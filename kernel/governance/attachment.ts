/**
 * What travels beside a proposal: octets that it names by hash only.
 *
 *   swap         the component, or as for load where it names a manifest
 *   load         length of the manifest (4), the manifest, the component
 *   both         before that, where it names a report, its length (4) and the report
 *   set-policy   key bundles of governors, one after the other
 *   others       nothing
 *
 * `partsOf` checks every part against the hash in the document, and is the
 * only way in; `storedParts` reads the same parts back from the store.
 */
import { Effect, Result } from "effect";
import {
  BUNDLE_OCTETS,
  equalOctets,
  fromUtf8,
  identityOf,
  identityText,
  Writer,
} from "../crypto/mod.ts";
import { decodePolicy } from "./arguments.ts";
import {
  COMPONENT_OCTETS_MAX,
  MANIFEST_OCTETS_MAX,
  REPORT_OCTETS_MAX,
} from "./limits.ts";
import type { Policy } from "./policy.ts";
import type { Proposal } from "./proposal.ts";
import type { ProposalStore } from "./record.ts";
import { ProposalRefused } from "./refusals.ts";
import { storedOctets } from "./stored.ts";

/** Parts of an attachment, each under the hash that the document has. */
export interface Parts {
  readonly component: Uint8Array;
  /** A cell's entry as in a system file, as text. */
  readonly manifest: string;
  /** About the component; none where the document names none. */
  readonly report: Uint8Array | undefined;
  /** Key bundles by identity. */
  readonly bundles: ReadonlyMap<string, Uint8Array>;
  /** All of them, to be stored. */
  readonly octets: ReadonlyMap<string, Uint8Array>;
}

const NOTHING: Parts = {
  component: new Uint8Array(),
  manifest: "",
  report: undefined,
  bundles: new Map(),
  octets: new Map(),
};

/** The attachment of a `load`, and of a `swap` with a manifest. */
export function loadAttachment(
  manifest: Uint8Array,
  component: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new Writer().u32(manifest.length).octets(manifest).octets(component)
    .done();
}

/** An attachment of a `swap` or `load` that names a report, too. */
export function withReport(
  report: Uint8Array,
  attachment: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return new Writer().u32(report.length).octets(report).octets(attachment)
    .done();
}

/** The parts, if they are those that the document names. */
export function partsOf(
  proposal: Proposal,
  attachment: Uint8Array,
): Result.Result<Parts, ProposalRefused> {
  switch (proposal.action) {
    case "swap":
    case "load":
      return proposal.argument.length === 0
        ? cellParts(proposal, attachment)
        : reportParts(proposal, attachment);
    case "set-policy":
      return bundlesOf(attachment);
    default:
      return attachment.length === 0
        ? Result.succeed(NOTHING)
        : wrong(`it has ${attachment.length} octets`, "send none");
  }
}

function cellParts(
  proposal: Proposal,
  octets: Uint8Array,
): Result.Result<Parts, ProposalRefused> {
  return proposal.manifest === undefined
    ? componentOf(proposal, octets)
    : loadParts(proposal, octets);
}

function reportParts(
  proposal: Proposal,
  octets: Uint8Array,
): Result.Result<Parts, ProposalRefused> {
  const fix = "send the report that was proposed before the rest";
  if (octets.length < 4) return wrong(`it has ${octets.length} octets`, fix);
  const length = new DataView(octets.buffer, octets.byteOffset, 4)
    .getUint32(0, true);
  if (length > REPORT_OCTETS_MAX || octets.length < 4 + length) {
    return wrong(`its report would have ${length} octets`, fix);
  }
  const report = octets.slice(4, 4 + length);
  const found = identityOf(report);
  if (!equalOctets(found, proposal.argument)) {
    return wrong(`its report's hash is ${identityText(found)}`, fix);
  }
  return Result.map(
    cellParts(proposal, octets.slice(4 + length)),
    (parts) => ({
      ...parts,
      report,
      octets: new Map([...parts.octets, [identityText(found), report]]),
    }),
  );
}

function componentOf(
  { component }: Proposal,
  octets: Uint8Array,
): Result.Result<Parts, ProposalRefused> {
  if (octets.length > COMPONENT_OCTETS_MAX) {
    return wrong(
      `it has ${octets.length} octets`,
      `a component has at most ${COMPONENT_OCTETS_MAX}`,
    );
  }
  const found = identityOf(octets);
  if (component === undefined || !equalOctets(found, component)) {
    const signed = component === undefined ? "none" : identityText(component);
    return wrong(
      `its hash is ${identityText(found)}, not the signed ${signed}`,
      "send the component that was proposed, unchanged",
    );
  }
  const kept = new Map([[identityText(found), octets]]);
  return Result.succeed({ ...NOTHING, component: octets, octets: kept });
}

function loadParts(
  proposal: Proposal,
  octets: Uint8Array,
): Result.Result<Parts, ProposalRefused> {
  const fix = "send manifest and component as they were proposed";
  if (octets.length < 4) return wrong(`it has ${octets.length} octets`, fix);
  const length = new DataView(octets.buffer, octets.byteOffset, 4)
    .getUint32(0, true);
  if (length > MANIFEST_OCTETS_MAX || octets.length < 4 + length) {
    return wrong(`its manifest would have ${length} octets`, fix);
  }
  const manifest = octets.slice(4, 4 + length);
  const found = identityOf(manifest);
  if (
    proposal.manifest === undefined || !equalOctets(found, proposal.manifest)
  ) {
    return wrong(`its manifest's hash is ${identityText(found)}`, fix);
  }
  const text = fromUtf8(manifest);
  if (text === undefined) return wrong("its manifest is not UTF-8", fix);
  return Result.map(
    componentOf(proposal, octets.slice(4 + length)),
    (parts) => ({
      ...parts,
      manifest: text,
      octets: new Map([...parts.octets, [identityText(found), manifest]]),
    }),
  );
}

function bundlesOf(octets: Uint8Array): Result.Result<Parts, ProposalRefused> {
  if (octets.length % BUNDLE_OCTETS !== 0) {
    return wrong(
      `it has ${octets.length} octets`,
      `send key bundles of ${BUNDLE_OCTETS} octets each`,
    );
  }
  const bundles = new Map<string, Uint8Array>();
  for (let at = 0; at < octets.length; at += BUNDLE_OCTETS) {
    const bundle = octets.slice(at, at + BUNDLE_OCTETS);
    bundles.set(identityText(identityOf(bundle)), bundle);
  }
  return Result.succeed({ ...NOTHING, bundles, octets: bundles });
}

function wrong(
  what: string,
  fix: string,
): Result.Result<never, ProposalRefused> {
  return Result.fail(
    new ProposalRefused({
      rule: "wrong-attachment",
      place: "attachment",
      what,
      fix,
    }),
  );
}

/** The attachment of an accepted proposal, from the store. */
export const storedAttachment = Effect.fnUntraced(
  function* (store: ProposalStore, policy: Policy, proposal: Proposal) {
    const { action, component, manifest, argument } = proposal;
    const read = (identity: Uint8Array | undefined) =>
      storedOctets(store, identityText(identity ?? new Uint8Array()));
    if (action === "load" || action === "swap") {
      const rest = manifest === undefined
        ? yield* read(component)
        : loadAttachment(yield* read(manifest), yield* read(component));
      return argument.length === 0
        ? rest
        : withReport(yield* read(argument), rest);
    }
    const writer = new Writer();
    if (action !== "set-policy") return writer.done();
    const outline = decodePolicy(argument);
    if (Result.isFailure(outline)) return writer.done();
    for (const id of outline.success.rights.keys()) {
      if (!policy.governors.has(id)) {
        writer.octets(yield* storedOctets(store, id));
      }
    }
    return writer.done();
  },
);
