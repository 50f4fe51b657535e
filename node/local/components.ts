/**
 * Where components come from: the build, or the last accepted proposal.
 *
 * A component that governance put in place is what its cell starts from ever
 * after; it is read by its hash and verified.
 */
import { Effect, Schema } from "effect";
import { type Component, LoadRefused } from "../../kernel/cell/nursery.ts";
import type { CellSpec } from "../../kernel/manifest/system_file.ts";
import { identityOf, identityText } from "../../kernel/crypto/mod.ts";
import {
  type ProposalStore,
  type Standing,
  storedOctets,
} from "../../kernel/governance/mod.ts";
import { reasonOf } from "./data_directory.ts";
import { readIfThere } from "./files.ts";
import { ABOUT_OCTETS_MAX, BUILT_OCTETS_MAX } from "./limits.ts";

const About = Schema.fromJsonString(Schema.Struct({ version: Schema.String }));

/**
 * The component that a cell starts with; `root` is the system file's folder.
 * With `hash` it is this one or a refusal.
 */
export function componentFor(
  root: string,
  store: ProposalStore,
  spec: CellSpec,
  standing: Standing | undefined,
  hash?: string,
): Effect.Effect<Component, LoadRefused> {
  const chosen = standing?.installed?.component;
  return Effect.gen(function* () {
    const component = chosen === undefined
      ? yield* Effect.try({
        try: () => built(`${root}/${spec.component}`),
        catch: (error) => new Error(reasonOf(error)),
      })
      : {
        bytes: yield* storedOctets(store, chosen),
        version: versionOf(chosen),
      };
    const found = identityText(identityOf(component.bytes));
    if (hash === undefined || found === hash) return component;
    return yield* Effect.fail(new Error(`it is ${found}, not ${hash}`));
  }).pipe(
    Effect.mapError((error) =>
      new LoadRefused({
        cell: spec.name,
        stage: "read",
        reason: error.message,
      })
    ),
  );
}

/** A component that came by proposal is called by its hash. */
export function versionOf(component: string): string {
  return `swapped-${component.slice(2, 10)}`;
}

function built(path: string): Component {
  const bytes = readIfThere(path, BUILT_OCTETS_MAX);
  if (bytes === undefined) {
    throw new Error(`${path} is not there; run deno task build`);
  }
  return { bytes, version: builtVersion(path.replace(/\.wasm$/, ".json")) };
}

/** What the build says of a component; it runs as well without. */
function builtVersion(path: string): string {
  const octets = readIfThere(path, ABOUT_OCTETS_MAX);
  if (octets === undefined) return "unversioned";
  const about = Schema.decodeUnknownOption(About)(
    new TextDecoder().decode(octets),
  );
  return about._tag === "Some" ? about.value.version : "unversioned";
}
