/** Octets that a node keeps under their hash, verified when they are read. */
import { Effect } from "effect";
import { identityOf, identityText } from "../crypto/mod.ts";
import type { ProposalStore } from "./record.ts";
import { StorageFailed } from "./refusals.ts";

/** The stored octets of this hash: a component, a manifest or a key bundle. */
export const storedOctets = Effect.fn("governance.stored")(
  function* (store: ProposalStore, hash: string) {
    const octets = yield* store.component(hash);
    const failed = (reason: string) =>
      new StorageFailed({ what: `reading ${hash}`, reason });
    if (octets === undefined) return yield* failed("it is not stored here");
    const found = identityText(identityOf(octets));
    if (found !== hash) return yield* failed(`its octets hash to ${found}`);
    return octets;
  },
);
