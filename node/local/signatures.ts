/** The platform's composite signatures, often enough on a thread of their own. */
import { Effect } from "effect";
import { platformComposite } from "../../kernel/crypto/mod.ts";
import { signatureThread } from "../../kernel/host/signature_thread.ts";

/** The thread, if one was needed, ends with the scope. */
export const threadedComposite = Effect.acquireRelease(
  Effect.promise(async () => signatureThread(await platformComposite())),
  ({ stop }) => Effect.sync(stop),
).pipe(Effect.map(({ composite }) => composite));
