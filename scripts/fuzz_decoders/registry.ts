/**
 * Every decoder that is fuzzed. A new one is one more entry of its folder's list.
 */
import type { Target } from "./target.ts";
import { ARCHIVE } from "./targets/archive.ts";
import { AUDIT } from "./targets/audit.ts";
import { CONFORMANCE } from "./targets/conformance.ts";
import { GOVERNANCE } from "./targets/governance.ts";
import { GRAPH } from "./targets/graph.ts";
import { GRAPH_DEVICE } from "./targets/graph_device.ts";
import { IMPORTS } from "./targets/imports.ts";
import { KEYS } from "./targets/keys.ts";
import { LINK_PROOFS } from "./targets/link_proofs.ts";
import { MANIFEST } from "./targets/manifest.ts";
import { PROOFS } from "./targets/proofs.ts";
import { RANKS } from "./targets/ranks.ts";
import { RECORD } from "./targets/record.ts";
import { SIGNALS } from "./targets/signals.ts";
import { WGSL } from "./targets/wgsl.ts";

export const TARGETS: readonly Target[] = [
  ...SIGNALS,
  ...GOVERNANCE,
  ...AUDIT,
  ...ARCHIVE,
  ...KEYS,
  ...MANIFEST,
  ...CONFORMANCE,
  ...RECORD,
  ...IMPORTS,
  ...PROOFS,
  ...LINK_PROOFS,
  ...GRAPH,
  ...GRAPH_DEVICE,
  ...RANKS,
  ...WGSL,
];
