/**
 * Owns faults: buries the generation, brings back the old one during a
 * probation, restarts with backoff, disables what keeps failing.
 *
 * The other cells go on; a caller learned `gone` and nothing else.
 */
import { Effect } from "effect";
import type { Calls } from "../call/calls.ts";
import { type Fault, Generation } from "../cell/generation.ts";
import { LoadRefused, type Nursery } from "../cell/nursery.ts";
import type { Epitaph, Slot } from "../cell/slot.ts";
import { HEARTBEAT_MS, STARTING_HEARTBEAT_MS } from "../limits.ts";
import { judge } from "./restart_policy.ts";

/** Something the operator or the audit log should know. */
export type KernelEvent =
  | { readonly kind: "fault"; readonly epitaph: Epitaph }
  | {
    readonly kind:
      | "started"
      | "restarted"
      | "disabled"
      | "kept"
      | "rolled-back";
    readonly cell: string;
    readonly generation: number;
    readonly detail: string;
  };

export type EventSink = (event: KernelEvent) => void;

export interface SupervisorParts {
  readonly slots: ReadonlyArray<Slot>;
  readonly calls: () => Calls;
  readonly nursery: () => Nursery;
  readonly wallMs: () => number;
  readonly emit: EventSink;
  readonly poke: () => void;
}

export class Supervisor {
  constructor(readonly parts: SupervisorParts) {}

  /** Told by the calls as soon as a generation has faulted. */
  readonly onFault = (
    slot: Slot,
    generation: Generation,
    fault: Fault,
    job: { readonly during: string; readonly forMs: number },
  ): void => {
    generation.instance.dispose();
    // A candidate that never served: who tried it learns why from the outcome.
    if (slot.current !== generation) return;
    const epitaph: Epitaph = {
      cell: slot.name,
      generation: generation.number,
      kind: fault.kind,
      reason: fault.reason,
      during: job.during,
      forMs: job.forMs,
      wallMs: this.parts.wallMs(),
      lastLines: [...slot.lines],
    };
    slot.bury(epitaph);
    if (fault.kind !== "unwound") slot.faults += 1;
    this.parts.emit({ kind: "fault", epitaph });
    const reason = `${fault.kind} in ${job.during}: ${fault.reason}`;
    if (slot.standby !== undefined) return this.rollBack(slot, reason);
    slot.current = undefined;
    this.#plan(slot, fault.kind === "unwound", reason);
  };

  /** Heartbeats, restarts, checkpoints and probations that are due. */
  readonly attend = (nowMs: number): Effect.Effect<void> =>
    Effect.gen({ self: this }, function* () {
      for (const slot of this.parts.slots) {
        if (slot.state === "restarting" && nowMs >= slot.restartAtMs) {
          yield* this.#restart(slot);
        }
        if (slot.current === undefined || slot.changing) continue;
        if (nowMs >= slot.heartbeatAtMs) this.#heartbeat(slot, nowMs);
        if (slot.standby !== undefined && nowMs >= slot.probationEndsMs) {
          this.#keep(slot);
        }
        this.#checkpoint(slot, nowMs);
      }
    });

  /** The generation before the swap takes the slot back, with its memory. */
  rollBack(slot: Slot, reason: string): void {
    const { standby, current } = slot;
    if (standby === undefined) return;
    slot.standby = undefined;
    slot.current = standby;
    slot.probationEndsMs = Infinity;
    slot.state = "running";
    slot.detail = `rolled back: ${reason}`;
    slot.wakeAtMs = 0;
    if (current?.alive === true) current.end();
    this.#emit("rolled-back", slot, reason);
  }

  #keep(slot: Slot): void {
    const old = slot.standby;
    slot.standby = undefined;
    slot.probationEndsMs = Infinity;
    slot.state = "running";
    slot.detail = "";
    if (old?.alive === true) {
      this.parts.calls().run(
        slot,
        old,
        "lifecycle.stop",
        slot.spec.startMs,
        ({ lifecycle }) => lifecycle.stop(),
      );
      if (old.alive) old.end();
    }
    this.#emit("kept", slot, "the probation is over");
  }

  #heartbeat(slot: Slot, nowMs: number): void {
    slot.heartbeatAtMs = nowMs + HEARTBEAT_MS;
    const asked = this.parts.calls().invoke(
      slot,
      "lifecycle.health",
      slot.spec.callMs,
      ({ lifecycle }) => lifecycle.health(),
    );
    if (!asked.ok) return;
    const health = asked.value;
    slot.detail = health.tag === "ok" ? slot.detailWhenWell() : health.val;
    if (health.tag === "failed") return this.#failed(slot, health.val);
    if (health.tag === "starting") {
      slot.heartbeatAtMs = nowMs + STARTING_HEARTBEAT_MS;
    }
    if (slot.standby !== undefined) return;
    slot.state = health.tag === "ok" ? "running" : health.tag;
  }

  #failed(slot: Slot, reason: string): void {
    if (slot.standby !== undefined) return this.rollBack(slot, reason);
    slot.current?.end();
    slot.current = undefined;
    this.#plan(slot, false, `the cell says it failed: ${reason}`);
  }

  #checkpoint(slot: Slot, nowMs: number): void {
    const everyS = slot.spec.checkpointS;
    if (everyS === undefined || nowMs < slot.checkpointAtMs) return;
    const { current } = slot;
    if (current === undefined || current.busy) return;
    slot.checkpointAtMs = nowMs + everyS * 1_000;
    const taken = this.parts.nursery().snapshot(slot, current, nowMs);
    if (!(taken instanceof LoadRefused)) slot.checkpoint = taken;
  }

  #plan(slot: Slot, blameless: boolean, reason: string): void {
    const nowMs = this.parts.calls().now();
    const { verdict, recent } = judge(
      blameless ? [] : slot.recentFaults,
      nowMs,
    );
    if (!blameless) slot.recentFaults = recent;
    slot.detail = reason;
    if (verdict.kind === "disable") {
      slot.state = "disabled";
      this.#emit("disabled", slot, `${verdict.faults} faults: ${reason}`);
      return;
    }
    slot.state = "restarting";
    slot.restartAtMs = nowMs + verdict.afterMs;
    this.parts.poke();
  }

  readonly #restart = (slot: Slot): Effect.Effect<void> =>
    Effect.gen({ self: this }, function* () {
      const { image } = slot;
      slot.restartAtMs = Infinity;
      if (image === undefined || slot.changing) return;
      const nursery = this.parts.nursery();
      const born = yield* Effect.result(
        nursery.conceive(slot, image.compiled, image.version),
      );
      if (born._tag === "Failure") {
        return this.#plan(slot, false, born.failure.message);
      }
      let generation = born.success;
      let refusal = nursery.start(slot, generation, slot.checkpoint);
      if (refusal !== undefined && slot.checkpoint !== undefined) {
        slot.checkpoint = undefined;
        const again = yield* Effect.result(
          nursery.conceive(slot, image.compiled, image.version),
        );
        if (again._tag === "Success") {
          generation = again.success;
          refusal = nursery.start(slot, generation, undefined);
        }
      }
      if (refusal !== undefined) {
        return this.#plan(slot, false, refusal.message);
      }
      this.install(slot, generation);
      this.#emit("restarted", slot, slot.detail);
    });

  /** Puts a started generation into its slot. */
  install(slot: Slot, generation: Generation): void {
    slot.current = generation;
    slot.state = "starting";
    slot.wakeAtMs = 0;
    slot.heartbeatAtMs = 0;
    slot.checkpointAtMs = this.parts.calls().now() +
      (slot.spec.checkpointS ?? 0) * 1_000;
    this.parts.poke();
  }

  #emit(
    kind: "restarted" | "disabled" | "kept" | "rolled-back",
    slot: Slot,
    detail: string,
  ): void {
    this.parts.emit({
      kind,
      cell: slot.name,
      generation: slot.current?.number ?? slot.generations,
      detail,
    });
  }
}
