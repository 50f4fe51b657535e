/**
 * The composition root: `deno run kernel …` with every command.
 *
 * The only file, with the rooms in `node/`, that may import from every folder.
 */
import { denoHost } from "./node/cli/host.ts";
import { run } from "./node/cli/run.ts";
import { avatarCommands } from "./node/composition/avatars.ts";
import { auditOf } from "./node/composition/audit.ts";
import { keyCommands } from "./node/composition/keys.ts";
import { openNode, startNode } from "./node/composition/nodes.ts";
import { governanceCommands } from "./node/composition/proposals.ts";
import { exportStore, restoreStore } from "./node/local/archive.ts";
import { forge } from "./node/forge/forge.ts";
import { recompute, recomputeFrom } from "./node/local/recompute.ts";
import { checkStore, rebuildStore } from "./node/local/store_check.ts";
import { replayFile } from "./node/record/replay_file.ts";
import { attestationsOf } from "./node/composition/attestations.ts";
import { conformanceOf } from "./node/composition/suites.ts";

const VERSION = "0.1.0";

const root = decodeURIComponent(new URL(".", import.meta.url).pathname)
  .replace(/\/$/, "");
const systemFile = `${root}/system.json`;
const place = { root, version: VERSION };

Deno.exit(
  await run(Deno.args, {
    version: VERSION,
    openNode: (data) => openNode(place, data),
    startNode: (options) => startNode(place, options),
    keys: keyCommands,
    audit: auditOf,
    governance: governanceCommands(systemFile),
    fsck: (dataDir, onProgress) =>
      checkStore({ dataDir, systemFile, onProgress }),
    rebuild: (dataDir, onProgress) =>
      rebuildStore({ dataDir, systemFile, onProgress }),
    exportStore: (dataDir, write, onProgress) =>
      exportStore({ dataDir, systemFile, onProgress }, write),
    restoreStore: (dataDir, pieces, name, onProgress) =>
      restoreStore({ dataDir, systemFile, onProgress }, pieces, name),
    recompute: (dataDir, answer, onProgress) =>
      recompute({ dataDir, systemFile, onProgress }, answer),
    recomputeFrom,
    replay: replayFile,
    conformance: conformanceOf(root),
    attestations: attestationsOf(root),
    avatars: avatarCommands(systemFile),
    forge: (request) => forge(root, request),
  }, denoHost()),
);
