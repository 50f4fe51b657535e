/** Axons as the general hash gives them. */
import { deepStrictEqual, throws } from "node:assert/strict";
import { concatOctets, identityOf, utf8 } from "../../kernel/crypto/mod.ts";
import { axonIdentity } from "./axon.ts";

Deno.test("axons: the general hash of both identities", () => {
  for (let round = 0; round < 500; round += 1) {
    const from = identityOf(utf8(`from ${round}`));
    const to = identityOf(utf8(`to ${round % 7}`));
    deepStrictEqual(
      axonIdentity(from, to),
      identityOf(concatOctets([from, to])),
    );
  }
  // A control: another direction is another axon.
  const [a, b] = [identityOf(utf8("a")), identityOf(utf8("b"))];
  throws(() => deepStrictEqual(axonIdentity(a, b), axonIdentity(b, a)));
  throws(() => axonIdentity(a.subarray(1), b), /two identities/);
});
