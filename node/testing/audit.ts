/** What is on the audit log of a node, for tests: read from its files. */
import { Effect, Result } from "effect";
import { renderRecord, verifyAudit } from "../../kernel/governance/mod.ts";
import { readAuditFiles } from "../governance/mod.ts";
import type { TestNode } from "./node.ts";

/** True if a record says so; throws where the log is broken. */
export async function onLog(
  { dataDir }: Pick<TestNode, "dataDir">,
  what: RegExp,
): Promise<boolean> {
  const { log, head } = await Effect.runPromise(readAuditFiles(dataDir));
  const { records } = Result.getOrThrow(
    verifyAudit(log ?? new Uint8Array(), head),
  );
  return records.some((record) => what.test(renderRecord(record)));
}
