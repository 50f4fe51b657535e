/** A call of each route of names, coins and evidence, for tests of the server. */
import { operatorHeaders } from "./testing.ts";

const ID = "01" + "5a".repeat(32);

export const VIEW_CALLS: ReadonlyArray<{
  readonly name: string;
  readonly path: string;
  readonly init?: RequestInit;
}> = [
  { name: "linkProof", path: "/v1/link-proofs/0?in=to&at=3" },
  { name: "name", path: "/v1/names/~me/a/b.txt?at=2" },
  { name: "nameOf", path: "/v1/names?path=~me/%C3%BC" },
  { name: "nameHistory", path: "/v1/name-history?path=~me/a&limit=3" },
  { name: "identity", path: "/v1/identity" },
  { name: "linksOf", path: `/v1/neurons/${ID}/links?at=0&limit=2` },
  { name: "balances", path: `/v1/neurons/${ID}/balances` },
  { name: "boxes", path: `/v1/neurons/${ID}/boxes?limit=7` },
  { name: "cards", path: `/v1/neurons/${ID}/cards?part=created` },
  {
    name: "operate",
    path: "/v1/operations",
    init: {
      method: "POST",
      headers: { ...operatorHeaders(), "content-type": "application/json" },
      body: JSON.stringify({
        operations: [{ op: "coin", name: { text: "shares" }, cap: 5 }],
      }),
    },
  },
  { name: "coins", path: "/v1/coins" },
  { name: "coin", path: `/v1/coins/${ID}` },
  { name: "evidence", path: "/v1/evidence" },
  { name: "evidenceOctets", path: `/v1/evidence/${ID}-7` },
  {
    name: "submitEvidence",
    path: "/v1/evidence",
    init: {
      method: "POST",
      headers: { "content-type": "application/octet-stream" },
      body: "KEQV",
    },
  },
  { name: "avatar", path: `/v1/avatars/${ID}?at=1` },
  {
    name: "stateAvatar",
    path: "/v1/avatars",
    init: {
      method: "POST",
      headers: {
        ...operatorHeaders(),
        "content-type": "application/octet-stream",
      },
      body: "KAVT",
    },
  },
];
