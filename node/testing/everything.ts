/** A call of every route of a node, with a question that it can answer. */
import { deepStrictEqual } from "node:assert/strict";
import { digestOf, toHex } from "../../kernel/crypto/mod.ts";
import type { RunningServer } from "../http/server.ts";
import { encodeDraft } from "../signals/mod.ts";

/** A particle that is linked, and whose content is offered and dropped. */
const OFFERED = "01" +
  toHex(digestOf(new TextEncoder().encode("offered")));

interface Call {
  readonly path: string;
  readonly init?: RequestInit;
}

/** What a call came to, and for whoever looks further the whole answer. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

const TOKEN = { authorization: `Bearer ${"t".repeat(64)}` };
const content = (text: string) => ({
  content: new TextEncoder().encode(text),
});

function post(type: string, body: BodyInit): RequestInit {
  return { method: "POST", headers: { ...TOKEN, "content-type": type }, body };
}

/** `cid` has a content and a link; `proposal` is the id of one. */
function callsOf(cid: string, proposal: string): Record<string, Call> {
  const json = (body: unknown) =>
    post("application/json", JSON.stringify(body));
  const nothing = json({ bundle: "{}", component: "" });
  const links = [{ from: { text: "everything" }, to: { cid: OFFERED } }];
  const draft = encodeDraft([{
    from: content("everything"),
    to: content("drafted"),
    amount: 1n,
    valence: 0,
  }]);
  return {
    page: { path: "/" },
    metrics: { path: "/metrics" },
    openapi: { path: "/openapi.json" },
    health: { path: "/healthz" },
    cells: { path: "/v1/cells" },
    addSignal: { path: "/v1/signals", init: json({ links }) },
    addDraft: {
      path: "/v1/drafts?key=k&value=v",
      init: post("application/octet-stream", draft),
    },
    bookmark: { path: "/v1/bookmarks?key=k", init: { headers: TOKEN } },
    resolve: { path: "/v1/resolve?text=alpha" },
    particle: { path: `/v1/particles/${cid}` },
    content: { path: `/v1/particles/${cid}/content` },
    offering: { path: `/v1/particles/${OFFERED}/offer` },
    offer: {
      path: `/v1/particles/${OFFERED}/content`,
      init: post("application/octet-stream", "offered"),
    },
    drop: { path: "/v1/drops", init: json({ cid: OFFERED }) },
    links: { path: `/v1/particles/${cid}/links?dir=out` },
    state: { path: "/v1/proofs" },
    proof: { path: `/v1/proofs/by-particle/${cid}` },
    linkProof: { path: "/v1/link-proofs/0" },
    name: { path: "/v1/names/~me" },
    nameOf: { path: "/v1/names?path=~me/everything" },
    nameHistory: { path: "/v1/name-history?path=~me/everything" },
    identity: { path: "/v1/identity" },
    linksOf: { path: `/v1/neurons/${cid}/links` },
    balances: { path: `/v1/neurons/${cid}/balances` },
    boxes: { path: `/v1/neurons/${cid}/boxes` },
    cards: { path: `/v1/neurons/${cid}/cards?part=owned` },
    operate: {
      path: "/v1/operations",
      init: json({ operations: [{ op: "card", particle: { cid } }] }),
    },
    coins: { path: "/v1/coins" },
    coin: { path: `/v1/coins/${cid}` },
    evidence: { path: "/v1/evidence" },
    evidenceOctets: { path: `/v1/evidence/${cid}-7` },
    submitEvidence: {
      path: "/v1/evidence",
      init: post("application/octet-stream", "KEQV"),
    },
    avatar: { path: `/v1/avatars/${cid}` },
    stateAvatar: {
      path: "/v1/avatars",
      init: post("application/octet-stream", "KAVT"),
    },
    top: { path: "/v1/rank/top" },
    focusFrom: { path: `/v1/rank?from=${cid}` },
    history: { path: `/v1/rank/history/${cid}` },
    karma: { path: "/v1/rank/karma" },
    finality: { path: `/v1/rank/finality/${cid}?among=${cid}` },
    spectrum: { path: `/v1/rank/spectrum?of=${cid}` },
    rankStatus: { path: "/v1/rank/status" },
    explain: { path: `/v1/rank/explain/${cid}` },
    search: { path: "/v1/search?q=lighthouse" },
    propose: { path: "/v1/governance/proposals", init: nothing },
    dryRun: { path: "/v1/governance/dry-runs", init: nothing },
    proposals: { path: "/v1/governance/proposals" },
    proposal: { path: `/v1/governance/proposals/${proposal}` },
  };
}

/** Asks each route that the server's own OpenAPI document names, by name. */
export async function askEverything(
  { url }: RunningServer,
  about: { readonly cid: string; readonly proposal: string },
): Promise<Record<string, Reply>> {
  const calls = callsOf(about.cid, about.proposal);
  const document = await (await fetch(`${url}/openapi.json`)).json();
  const operations = Object.values<Record<string, { operationId: string }>>(
    document.paths,
  ).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId)
  );
  deepStrictEqual(
    Object.keys(calls).sort(),
    operations.sort(),
    "there is a call for every route",
  );
  const replies: Record<string, Reply> = {};
  for (const [name, { path, init }] of Object.entries(calls)) {
    const response = await fetch(`${url}${path}`, init);
    const type = response.headers.get("content-type") ?? "";
    const text = await response.text();
    replies[name] = { status: response.status, type, text };
  }
  return replies;
}

/** Names of the routes by status, in order: to compare with what is expected. */
export function byStatus(
  replies: Readonly<Record<string, Reply>>,
): Record<number, string[]> {
  const found: Record<number, string[]> = {};
  for (const [name, { status }] of Object.entries(replies)) {
    (found[status] ??= []).push(name);
  }
  return found;
}
