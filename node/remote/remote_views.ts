/** Names, past heights, operations and evidence of a node in another process. */
import type { Answer, LinkInput } from "../api.ts";
import type { OperationInput, Page, ViewsApi } from "../api_views.ts";
import { ProofAnswer, StateAnswer } from "../http/schemas.ts";
import * as schema from "../http/view_schemas.ts";
import { octetBody, RemoteAsking } from "./remote_asking.ts";

export class RemoteViews extends RemoteAsking implements ViewsApi {
  identity() {
    return this.json(schema.IdentityAnswer, { path: "/v1/identity" });
  }

  name(path: string, page: Page, at?: number) {
    return this.json(schema.NameAnswer, {
      path: "/v1/names",
      query: { path, at, ...page },
    });
  }

  nameHistory(path: string, page: Page) {
    return this.json(schema.NameHistoryAnswer, {
      path: "/v1/name-history",
      query: { path, ...page },
    });
  }

  linksAt(cid: string, side: "in" | "out", page: Page, at: number) {
    return this.json(schema.LinksAtAnswer, {
      path: `/v1/particles/${encodeURIComponent(cid)}/links`,
      query: { dir: side, at, ...page },
    });
  }

  linksOf(neuron: string, page: Page, at?: number) {
    return this.json(schema.LinksAtAnswer, {
      path: neuronPath(neuron, "links"),
      query: { at, ...page },
    });
  }

  stateAt(at: number) {
    return this.json(StateAnswer, { path: "/v1/proofs", query: { at } });
  }

  proofAt(at: number, index: string, from: string, to: string) {
    const namespace = from === to ? from : "range";
    return this.json(ProofAnswer, {
      path: `/v1/proofs/${encodeURIComponent(index)}/${namespace}`,
      query: { at, ...(from === to ? {} : { from, to }) },
    });
  }

  linkProof(link: number, place?: "neuron" | "from" | "to", at?: number) {
    return this.json(schema.LinkProofAnswer, {
      path: `/v1/link-proofs/${link}`,
      query: { in: place, at },
    });
  }

  operate(
    links: ReadonlyArray<LinkInput>,
    operations: ReadonlyArray<OperationInput>,
  ) {
    return this.json(schema.OperationsAnswer, {
      path: "/v1/operations",
      body: {
        type: "application/json",
        octets: JSON.stringify({ links, operations }),
      },
    });
  }

  coins(page: Page) {
    return this.json(schema.CoinsAnswer, {
      path: "/v1/coins",
      query: { ...page },
    });
  }

  coin(token: string) {
    return this.json(schema.CoinAnswer, {
      path: `/v1/coins/${encodeURIComponent(token)}`,
    });
  }

  balances(holder: string, page: Page) {
    return this.json(schema.BalancesAnswer, {
      path: neuronPath(holder, "balances"),
      query: { ...page },
    });
  }

  boxes(owner: string, page: Page) {
    return this.json(schema.BoxesAnswer, {
      path: neuronPath(owner, "boxes"),
      query: { ...page },
    });
  }

  cards(holder: string, part: "created" | "owned", page: Page) {
    return this.json(schema.CardsAnswer, {
      path: neuronPath(holder, "cards"),
      query: { part, ...page },
    });
  }

  evidence(page: Page) {
    return this.json(schema.EvidenceListAnswer, {
      path: "/v1/evidence",
      query: { ...page },
    });
  }

  evidenceOctets(id: string): Answer<Uint8Array> {
    return this.octets({ path: `/v1/evidence/${encodeURIComponent(id)}` });
  }

  submitEvidence(octets: Uint8Array) {
    return this.json(schema.EvidenceAnswer, {
      path: "/v1/evidence",
      body: octetBody(octets),
    });
  }

  avatar(neuron: string, at?: number) {
    return this.json(schema.AvatarAnswer, {
      path: `/v1/avatars/${encodeURIComponent(neuron)}`,
      query: { at },
    });
  }

  stateAvatar(octets: Uint8Array) {
    return this.json(schema.AvatarAnswer, {
      path: "/v1/avatars",
      body: octetBody(octets),
    });
  }
}

function neuronPath(neuron: string, what: string): string {
  return `/v1/neurons/${encodeURIComponent(neuron)}/${what}`;
}
