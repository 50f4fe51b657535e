/** The audit log of a data directory, verified from its files. */
import { Effect } from "effect";
import { toHex } from "../../kernel/crypto/mod.ts";
import { renderRecord, verifyAudit } from "../../kernel/governance/mod.ts";
import { Refusal } from "../api.ts";
import type { AuditReport, Composition } from "../cli/composition.ts";
import { readAuditFiles } from "../governance/mod.ts";
import { damaged, inWords } from "../local/refusals.ts";

/** Verifies the whole log, and gives its last records. */
export const auditOf: Composition["audit"] = (data, last) =>
  Effect.gen(function* () {
    const { log, head } = yield* readAuditFiles(data).pipe(
      Effect.mapError(inWords),
    );
    if (log === undefined && head === undefined) {
      return yield* new Refusal({
        kind: "not-found",
        message: `${data} has no audit log`,
        fix: "name the data directory of a node with --data DIR",
      });
    }
    const verified = yield* Effect.fromResult(
      verifyAudit(log ?? new Uint8Array(), head),
    ).pipe(Effect.mapError(damaged("restore the log from a copy")));
    const { records, noted, tornOctets } = verified;
    const report: AuditReport = {
      records: records.length,
      head: toHex(verified.head),
      noted: noted === undefined ? undefined : Number(noted.records),
      torn_octets: tornOctets,
      last: last === 0 ? [] : records.slice(-last).map((record) => ({
        sequence: Number(record.sequence),
        time_ms: Number(record.timeMs),
        kind: record.kind,
        facts: record.facts,
        line: renderRecord(record),
      })),
    };
    return report;
  });
