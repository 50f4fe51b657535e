/** What is on the audit log of a node, for tests: read from its files. */
import { Effect, Result } from "effect";
import { renderRecord, verifyAudit } from "../../kernel/governance/mod.ts";
import { readAuditFiles } from "../governance/mod.ts";
import type { TestNode } from "./node.ts";

/** True if a record says so; throws where the log is broken. */
export async function onLog(
  test: Pick<TestNode, "dataDir">,
  what: RegExp,
): Promise<boolean> {
  return (await auditLines(test)).some((line) => what.test(line));
}

/** The records, rendered; throws where the log is broken. */
export async function auditLines(
  { dataDir }: Pick<TestNode, "dataDir">,
): Promise<readonly string[]> {
  const { log, head } = await Effect.runPromise(readAuditFiles(dataDir));
  const { records } = Result.getOrThrow(
    verifyAudit(log ?? new Uint8Array(), head),
  );
  return records.map(renderRecord);
}
