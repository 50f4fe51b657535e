/**
 * The append-only audit log of everything that governs the node.
 *
 * `append` returns when the record is durable; appends are done one after the
 * other. Opening verifies the whole chain and the head beside it: a torn tail is
 * cut and noted in the boot record; any other break, and a log that lacks
 * records at its end, is `AuditBroken` with its place, and the node must not go
 * on as if nothing had happened.
 *
 * Storage is given by the composition root. Refusals of strangers are limited
 * per minute, so that nobody can fill the disk with them; what was left out is
 * counted in the next refusal.
 *
 * Deliberately absent: rewriting and rotation.
 */
import { Clock, Context, Effect, Layer, Semaphore } from "effect";
import {
  type AuditBroken,
  type AuditFacts,
  type AuditKind,
  type AuditRecord,
  sealRecord,
} from "./audit_record.ts";
import { encodeHead, verifyAudit } from "./audit_head.ts";
import { AUDIT_REFUSALS_PER_WINDOW, AUDIT_WINDOW_MS } from "./limits.ts";
import type { StorageFailed } from "./refusals.ts";

/** Where the log's octets live. One writer at a time. */
export interface AuditStorage {
  /** All octets; none where the log does not exist yet. */
  readonly readAll: Effect.Effect<Uint8Array, StorageFailed>;
  /** Durable when it returns. */
  append(octets: Uint8Array): Effect.Effect<void, StorageFailed>;
  /** Keeps the first `octets` octets; durable when it returns. */
  cut(octets: number): Effect.Effect<void, StorageFailed>;
  /** What `saveHead` stored last; none where nothing is. */
  readonly readHead: Effect.Effect<Uint8Array | undefined, StorageFailed>;
  /** Whole or not at all; durable when it returns. */
  saveHead(octets: Uint8Array): Effect.Effect<void, StorageFailed>;
}

export class AuditLog extends Context.Service<AuditLog, {
  /** Writes a record; durable when it returns. */
  append(
    kind: AuditKind,
    facts: AuditFacts,
  ): Effect.Effect<void, StorageFailed>;
  /** The hash of the last record: note it elsewhere too. */
  readonly head: Effect.Effect<Uint8Array>;
  /** All records, verified anew from storage. */
  readonly records: Effect.Effect<
    readonly AuditRecord[],
    StorageFailed | AuditBroken
  >;
}>()("karyon/governance/AuditLog") {
  /** Opens the log and writes its boot record. */
  static readonly layer = (
    storage: AuditStorage,
    boot: AuditFacts,
  ): Layer.Layer<AuditLog, StorageFailed | AuditBroken> =>
    Layer.effect(AuditLog, openAudit(storage, boot));
}

/** Opens the log, cuts a torn tail, and writes the boot record. */
export const openAudit = Effect.fn("governance.audit.open")(
  function* (storage: AuditStorage, boot: AuditFacts) {
    const noted = yield* storage.readHead;
    const reading = yield* Effect.fromResult(
      verifyAudit(yield* storage.readAll, noted),
    );
    const { goodOctets, tornOctets } = reading;
    if (tornOctets > 0) yield* storage.cut(goodOctets);
    const turns = yield* Semaphore.make(1);
    const chain = {
      head: reading.head,
      next: BigInt(reading.records.length),
      octets: goodOctets,
      torn: false,
    };
    const write = Effect.fnUntraced(
      function* (kind: AuditKind, facts: AuditFacts) {
        if (chain.torn) {
          yield* storage.cut(chain.octets);
          chain.torn = false;
        }
        const timeMs = BigInt(yield* Clock.currentTimeMillis);
        const record = { sequence: chain.next, timeMs, kind, facts };
        const sealed = sealRecord(chain.head, record);
        // A failed append may have left some octets: the next one cuts them.
        chain.torn = true;
        yield* storage.append(sealed.octets);
        chain.torn = false;
        chain.head = sealed.head;
        chain.next += 1n;
        chain.octets += sealed.octets.length;
        yield* storage.saveHead(
          encodeHead({ records: chain.next, hash: chain.head }),
        );
      },
      Effect.uninterruptible,
    );
    const limited = refusalLimit();
    const append = (kind: AuditKind, facts: AuditFacts) =>
      turns.withPermit(
        Effect.flatMap(
          limited(kind, facts),
          (allowed) =>
            allowed === undefined ? Effect.void : write(kind, allowed),
        ),
      );
    const cut: AuditFacts = tornOctets === 0
      ? {}
      : { "torn-tail": `${tornOctets} octets cut at octet ${goodOctets}` };
    const lost: AuditFacts = noted === undefined && reading.records.length > 0
      ? { "head": "it was not there; nobody knows what this log lacks" }
      : {};
    yield* append("boot", { ...boot, ...cut, ...lost });
    return AuditLog.of({
      append,
      head: Effect.sync(() => chain.head),
      records: turns.withPermit(
        Effect.gen(function* () {
          const again = yield* Effect.fromResult(
            verifyAudit(yield* storage.readAll, yield* storage.readHead),
          );
          return again.records;
        }),
      ),
    });
  },
);

/** Lets a bounded number of refusals per window through; counts the rest. */
function refusalLimit() {
  let windowMs = 0;
  let written = 0;
  let left = 0;
  return Effect.fnUntraced(function* (kind: AuditKind, facts: AuditFacts) {
    if (kind !== "refused") return facts;
    const nowMs = yield* Clock.currentTimeMillis;
    if (nowMs - windowMs >= AUDIT_WINDOW_MS || nowMs < windowMs) {
      windowMs = nowMs;
      written = 0;
    }
    if (written >= AUDIT_REFUSALS_PER_WINDOW) {
      left += 1;
      return undefined;
    }
    written += 1;
    if (left === 0) return facts;
    const counted = { ...facts, "refusals-left-out": `${left}` };
    left = 0;
    return counted;
  });
}
