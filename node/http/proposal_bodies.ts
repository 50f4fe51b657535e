/**
 * The two forms in which a proposal is handed in: JSON and multipart.
 */
import type { Asked, BodyForm } from "./route.ts";
import { json, jsonBody, type Reply } from "./route.ts";
import type { Answer } from "../api.ts";
import { Effect, Schema } from "effect";
import { decodeBase64, utf8 } from "./body.ts";
import * as limit from "./limits.ts";
import { Problem } from "./problem.ts";
import { ProposalRequest } from "./governance_schemas.ts";

type HandIn = (
  asked: Asked,
  bundle: string,
  component: Uint8Array,
) => Answer<Reply>;

const propose: HandIn = ({ api }, bundle, component) =>
  Effect.map(
    api.propose(bundle, bounded(component)),
    (report) =>
      json(report, 201, { location: `/v1/governance/proposals/${report.id}` }),
  );

const dryRun: HandIn = ({ api }, bundle, component) =>
  Effect.map(api.dryRun(bundle, bounded(component)), (report) => json(report));

function bounded(component: Uint8Array): Uint8Array {
  if (component.length <= limit.COMPONENT_OCTETS_MAX) return component;
  throw new Problem(
    "too-large",
    `a component holds at most ${limit.COMPONENT_OCTETS_MAX} octets`,
  );
}

const asDocument = (handIn: HandIn, right: BodyForm["right"]) =>
  jsonBody({
    schema: ProposalRequest,
    octetsMax: limit.PROPOSAL_BODY_OCTETS_MAX,
    right,
    about: "The signed bundle, and the component as base64",
    run: (asked, { bundle, component }) =>
      handIn(asked, bundle, decodeBase64(component, "$.component")),
  });

const asParts = (handIn: HandIn, right: BodyForm["right"]): BodyForm => ({
  type: "multipart/form-data",
  octetsMax: limit.COMPONENT_OCTETS_MAX + 2 * limit.BUNDLE_OCTETS_MAX,
  right,
  about: "Parts `bundle` (text) and `component` (octets)",
  schema: Schema.Struct({ bundle: Schema.String, component: Schema.String }),
  run: async (asked, octets, contentType) => {
    const parts = await partsOf(octets, contentType);
    for (const name of parts.keys()) {
      if (name !== "bundle" && name !== "component") {
        throw new Problem(
          "invalid",
          "the parts are bundle and component, nothing else",
        );
      }
    }
    const bundle = await octetsOf(parts, "bundle");
    const component = await octetsOf(parts, "component");
    if (bundle.length > limit.BUNDLE_OCTETS_MAX) {
      throw new Problem(
        "too-large",
        `a bundle holds at most ${limit.BUNDLE_OCTETS_MAX} octets`,
      );
    }
    return handIn(asked, utf8(bundle, "part bundle"), component);
  },
});

async function partsOf(
  octets: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<FormData> {
  try {
    const headers = { "content-type": contentType };
    return await new Response(octets, { headers }).formData();
  } catch {
    throw new Problem("invalid", "the body is not multipart/form-data");
  }
}

async function octetsOf(parts: FormData, name: string): Promise<Uint8Array> {
  const values = parts.getAll(name);
  const value = values[0];
  if (value === undefined || values.length > 1) {
    throw new Problem("invalid", `part ${name} must be there once`);
  }
  return typeof value === "string"
    ? new TextEncoder().encode(value)
    : new Uint8Array(await value.arrayBuffer());
}

export const proposalBodies: ReadonlyArray<BodyForm> = [
  asDocument(propose, "anyone"),
  asParts(propose, "anyone"),
];

/** Signatures may be missing: no stranger has the node compile things. */
export const dryRunBodies: ReadonlyArray<BodyForm> = [
  asDocument(dryRun, "operator"),
  asParts(dryRun, "operator"),
];
