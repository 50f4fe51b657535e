/** Withdrawing a proposal on the command line: what it writes, and what it shows. */
import { match, ok, strictEqual } from "node:assert/strict";
import type { OutlookReport, ProposalReport } from "../api.ts";
import { Room } from "./testing.ts";

const ID = `01${"0d".repeat(32)}`;
const proposal = (change: Partial<ProposalReport>): ProposalReport => ({
  id: ID,
  action: "set-budget",
  cell: "rank",
  component: "",
  state: "scheduled",
  signers: ["governor"],
  threshold: 1,
  activation: { at: "height", height: "40" },
  expires: "2027-01-01T00:00:00Z",
  note: "rank is slow",
  ...change,
});
const outlook = (change: Partial<OutlookReport>): OutlookReport => ({
  proposal: proposal({}),
  behind: [],
  refusals: [],
  effect: "nothing",
  ...change,
});

Deno.test("cli: propose withdraw names one proposal, and writes a file of its own", async () => {
  const room = new Room();
  const made = await room.run(["propose", "withdraw", ID]);
  strictEqual(made.code, 0, made.err);
  ok(room.files.has("withdraw.proposal.json"));
  for (const argv of [["withdraw"], ["withdraw", ID, ID]]) {
    const { code, err } = await room.run(["propose", ...argv]);
    strictEqual(code, 2);
    match(err, /propose withdraw takes 1 arguments/);
  }
});

Deno.test("cli: its dry run says what will not happen, and what waits behind it", async () => {
  const room = new Room();
  await room.run(["propose", "withdraw", ID]);
  const args = ["submit", "withdraw.proposal.json", "--dry-run"];
  ok(!/will not happen/.test((await room.run(args)).out), "control");
  room.node.withdrawal = {
    target: outlook({}),
    chain: [
      outlook({
        proposal: proposal({ action: "unload", id: `02${ID.slice(2)}` }),
        refusals: ["no-such-cell at document octet 173: no cell rank"],
      }),
    ],
  };
  const { code, out } = await room.run(args);
  strictEqual(code, 0);
  match(out, /will not happen: set-budget of rank at height 40/);
  match(out, /note +rank is slow/);
  match(out, /keeps its turn: unload of rank at height 40/);
  match(out, /would be refused, as things are now: no-such-cell/);
});

Deno.test("cli: the list says how one is taken back, and what takes back which", async () => {
  const room = new Room();
  room.node.handedIn.set(ID, proposal({}));
  const pending = await room.run(["proposals", "--pending"]);
  match(pending.out, /set-budget of rank +scheduled/);
  match(pending.err, /propose withdraw ID/);
  const back = proposal({
    id: "03",
    action: "withdraw",
    cell: "",
    state: "executed",
    withdraws: ID,
  });
  room.node.handedIn.set(ID, proposal({ state: "withdrawn" }));
  room.node.handedIn.set("03", back);
  match(
    (await room.run(["proposals"])).out,
    /withdraw 010d0d0d0d0d… +executed/,
  );
  match((await room.run(["proposals"])).out, /rank +withdrawn/);
  match((await room.run(["proposals", "03"])).out, new RegExp(`back ${ID}`));
  const waiting = await room.run(["proposals", "--pending"]);
  match(waiting.out, /nothing waits/);
});
