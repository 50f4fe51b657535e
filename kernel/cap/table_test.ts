import { strictEqual } from "node:assert/strict";
import { CapTable } from "./table.ts";

Deno.test("a minted capability is live until it is revoked", () => {
  const table = new CapTable();
  const cap = table.mint("echo", "karyon:echo/echo@0.1.0");
  strictEqual(table.isLive(cap), true);
  table.revoke(cap);
  strictEqual(table.isLive(cap), false);
});

Deno.test("a copy of a capability carries no authority", () => {
  const table = new CapTable();
  const cap = table.mint("echo", "karyon:echo/echo@0.1.0");
  strictEqual(table.isLive({ ...cap }), false);
});

Deno.test("a capability of one table is nothing to another", () => {
  const cap = new CapTable().mint("echo", "karyon:echo/echo@0.1.0");
  strictEqual(new CapTable().isLive(cap), false);
});
