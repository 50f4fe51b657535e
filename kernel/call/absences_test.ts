/** What answers where nobody does, and who answers each generation for itself. */
import { deepStrictEqual, strictEqual, throws } from "node:assert/strict";
import type { InterfaceBinding } from "../../wit/abi/binding.ts";
import { CapTable } from "../cap/table.ts";
import { HostPerGeneration, opened } from "./absences.ts";
import { gated } from "./connect.ts";
import { Unwound } from "./errors.ts";

interface Lamp {
  readonly look: () => unknown;
  readonly ask: () => unknown;
}

const info = (method: string, absence: boolean) => ({
  name: method,
  method,
  absence,
});

const LAMP = {
  name: "karyon:fixture/lamp@0.1.0",
  signature: "",
  functions: [info("look", false), info("ask", true)],
} as unknown as InterfaceBinding<Lamp>;

const HOST: Lamp = { look: () => "light", ask: () => "yes" };

Deno.test("absences: in the contract's own words, else by its word for absence, else unwound", () => {
  const caps = new CapTable();
  const cap = caps.mint("lamp", LAMP.name);
  const gate = { caps, cap };
  const worded = gated(gate, LAMP, HOST, { look: "dark", ask: "dark" });
  const bare = gated(gate, LAMP, HOST, undefined);
  strictEqual(worded.look(), "light");
  strictEqual(bare.look(), "light");
  caps.revoke(cap);
  strictEqual(worded.look(), "dark");
  deepStrictEqual(worded.ask(), { tag: "err", val: "refused" });
  throws(() => bare.look(), Unwound);
});

Deno.test("absences: each generation is answered for itself, and its end is noted", () => {
  const told: string[] = [];
  const host = new HostPerGeneration(({ cell, generation }) => ({
    host: `${cell} ${generation}`,
    end: () => told.push(`end of ${generation}`),
  }));
  const ends: Array<() => void> = [];
  const holder = (generation: number) => ({
    cell: "rank",
    generation,
    isCurrent: () => true,
  });
  strictEqual(opened(host, holder(1), ends), "rank 1");
  strictEqual(opened(host, holder(2), ends), "rank 2");
  strictEqual(opened(HOST, holder(3), ends), HOST);
  for (const end of ends) end();
  deepStrictEqual(told, ["end of 1", "end of 2"]);
});
