/** The platform's signatures; what it cannot do runs on a thread of its own. */
import { Effect } from "effect";
import { platformComposite } from "../../kernel/crypto/mod.ts";
import { signatureThread } from "../../kernel/host/signature_thread.ts";

/** The thread, if one was needed, ends with the scope. */
export const threadedComposite = Effect.acquireRelease(
  Effect.sync(() => signatureThread()),
  ({ stop }) => Effect.sync(stop),
).pipe(
  Effect.flatMap(({ half }) =>
    Effect.promise(() => platformComposite(undefined, half))
  ),
);
