/** Signed proposals for tests, made as the commands make them. */
import { Effect } from "effect";
import {
  networkIdentity,
  platformComposite,
  type Signer,
} from "../../kernel/crypto/mod.ts";
import {
  type Asked,
  type Draft,
  proposeChange,
  signProposal,
} from "../keys/mod.ts";
import { openKeys } from "../local/identity.ts";

/** A signer for proposals from the keys in `folder`; made if missing. */
export async function governor(folder: string, name: string): Promise<Signer> {
  const composite = await platformComposite();
  return await Effect.runPromise(
    Effect.gen(function* () {
      const keys = yield* openKeys(folder, composite);
      const known = yield* keys.list;
      if (!known.some((key) => key.name === name)) yield* keys.create(name);
      return yield* keys.signer(name, ["proposal"]);
    }),
  );
}

/** The text of a proposal to swap `cell`, signed by each of `signers`. */
export function signedSwap(
  network: string,
  cell: string,
  component: Uint8Array,
  signers: ReadonlyArray<Signer>,
): Promise<string> {
  return signedChange(network, { action: "swap", cell, component }, signers);
}

/** The text of a proposal, signed by each of `signers`. */
export async function signedChange(
  network: string,
  asked: Asked,
  signers: ReadonlyArray<Signer>,
  draft: Partial<Draft> = {},
): Promise<string> {
  return await Effect.runPromise(
    Effect.gen(function* () {
      const proposal = yield* proposeChange(
        { network: networkIdentity(network), note: "a test", ...draft },
        asked,
        (length) => crypto.getRandomValues(new Uint8Array(length)),
      );
      let { text } = proposal;
      for (const signer of signers) {
        ({ text } = yield* signProposal(text, signer));
      }
      return text;
    }),
  );
}
