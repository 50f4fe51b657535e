/**
 * Owns faults: buries the generation, brings back the old one during a
 * probation, restarts with backoff, disables what keeps failing.
 *
 * The other cells go on; a caller learned `gone` and nothing else. Who fell
 * because another was missing is restarted as well, but never disabled for it.
 */
import { Effect } from "effect";
import type { Calls } from "../call/calls.ts";
import type { Fault, Generation } from "../cell/generation.ts";
import { LoadRefused, type Nursery } from "../cell/nursery.ts";
import type { Slot } from "../cell/slot.ts";
import type { Condition } from "../../wit/gen/kernel_lifecycle.ts";
import type { Severity } from "../cell/services.ts";
import {
  EPOCH_MS,
  HEARTBEAT_MS,
  must,
  STARTING_HEARTBEAT_MS,
  STARTING_MS_MAX,
} from "../limits.ts";
import type { EventSink, KernelEvent } from "./events.ts";
import { keep, revert } from "./probation.ts";
import { judge } from "./restart_policy.ts";

export type { EventSink, KernelEvent } from "./events.ts";

export interface SupervisorParts {
  readonly slots: ReadonlyArray<Slot>;
  readonly calls: () => Calls;
  readonly nursery: () => Nursery;
  readonly wallMs: () => number;
  readonly emit: EventSink;
  /** One line for the operator about a slot. */
  readonly say: (slot: Slot, severity: Severity, message: string) => void;
  readonly poke: () => void;
}

interface Job {
  readonly during: string;
  readonly forMs: number;
}

export class Supervisor {
  /** The generation that a restart is just starting. */
  #reviving: Generation | undefined;

  constructor(readonly parts: SupervisorParts) {}

  /** Told by the calls as soon as a generation has faulted. */
  readonly onFault = (
    slot: Slot,
    generation: Generation,
    fault: Fault,
    job: Job,
  ): void => {
    if (generation === this.#reviving) {
      return this.#bury(slot, generation, fault, job);
    }
    // A candidate that never served: who tried it learns why from the outcome.
    if (slot.current !== generation) return;
    slot.current = undefined;
    // The end of the node is nobody's fault.
    if (slot.stopped && fault.kind === "cancelled") return;
    this.#bury(slot, generation, fault, job);
    if (slot.stopped) return;
    const reason = `${fault.kind} in ${job.during}: ${fault.reason}`;
    if (slot.standby !== undefined) return this.rollBack(slot, reason);
    this.plan(slot, fault.blameless, reason);
  };

  /**
   * Heartbeats, restarts, checkpoints and probations that are due. Each may take
   * its cell's time for it: behind each one comes `between`.
   */
  readonly attend = (
    nowMs: number,
    between: Effect.Effect<void>,
  ): Effect.Effect<void> =>
    Effect.gen({ self: this }, function* () {
      for (const slot of this.parts.slots) {
        if (slot.state === "restarting" && nowMs >= slot.restartAtMs) {
          yield* this.#restart(slot, between);
          yield* between;
        }
        const isOver = nowMs >= slot.probationEndsMs;
        if (slot.serves && (isOver || nowMs >= slot.heartbeatAtMs)) {
          this.#heartbeat(slot, nowMs);
          yield* between;
        }
        if (slot.serves && nowMs >= slot.checkpointAtMs) {
          this.#checkpoint(slot, nowMs);
          yield* between;
        }
      }
    });

  /** Puts a started generation into its slot. */
  install(slot: Slot, generation: Generation): void {
    must(!slot.stopped, "nothing starts in a stopped slot");
    const nowMs = this.parts.calls().now();
    slot.current = generation;
    slot.state = "starting";
    slot.installedAtMs = nowMs;
    slot.wakeAtMs = nowMs;
    slot.heartbeatAtMs = 0;
    slot.restartAtMs = Infinity;
    this.#planCheckpoint(slot, nowMs);
    this.parts.poke();
  }

  /** Restarts later, or disables. */
  plan(slot: Slot, blameless: boolean, reason: string): void {
    const nowMs = this.parts.calls().now();
    const earlier = blameless ? slot.recentFalls : slot.recentFaults;
    const { verdict, recent } = judge(earlier, nowMs, blameless);
    if (blameless) slot.recentFalls = recent;
    else slot.recentFaults = recent;
    slot.detail = reason;
    if (verdict.kind === "disable") {
      return this.disable(slot, `${verdict.faults} faults: ${reason}`);
    }
    slot.state = "restarting";
    slot.restartAtMs = nowMs + verdict.afterMs;
    this.parts.poke();
  }

  /** Nothing but a swap brings it back. */
  disable(slot: Slot, reason: string): void {
    slot.state = "disabled";
    slot.detail = reason;
    slot.restartAtMs = Infinity;
    this.emit("disabled", slot, reason);
  }

  emit(
    kind: Exclude<KernelEvent["kind"], "fault">,
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

  #bury(slot: Slot, generation: Generation, fault: Fault, job: Job): void {
    const epitaph = {
      cell: slot.name,
      generation: generation.number,
      kind: fault.kind,
      reason: fault.reason,
      during: job.during,
      forMs: job.forMs,
      wallMs: this.parts.wallMs(),
      lastLines: generation.diary.lines,
    };
    slot.bury(epitaph);
    if (!fault.blameless) slot.faults += 1;
    this.parts.emit({ kind: "fault", epitaph });
  }

  /** The one before is back; what is on probation has failed. */
  rollBack(slot: Slot, reason: string): void {
    const nowMs = this.parts.calls().now();
    const serves = revert(this.parts.nursery(), slot, nowMs);
    slot.remark = `rolled back: ${reason}`;
    slot.detail = slot.remark;
    this.#planCheckpoint(slot, nowMs);
    if (!serves) {
      slot.state = "restarting";
      slot.restartAtMs = nowMs;
    }
    this.emit("rolled-back", slot, reason);
    this.parts.poke();
  }

  #heartbeat(slot: Slot, nowMs: number): void {
    if (slot.current?.busy) {
      // Its job is parked, and ends by its own limit.
      slot.heartbeatAtMs = nowMs + EPOCH_MS;
      return;
    }
    slot.heartbeatAtMs = nowMs + HEARTBEAT_MS;
    const asked = this.parts.calls().invoke(
      slot,
      "lifecycle.health",
      slot.spec.callMs,
      ({ lifecycle }) => lifecycle.health(),
    );
    // Gone: its fault has been dealt with.
    if (!asked.ok) return;
    const health = asked.value;
    if (health.tag === "failed") {
      return this.#failed(slot, `the cell says it failed: ${health.val}`);
    }
    slot.detail = health.tag === "ok" ? slot.remark : health.val;
    this.#heed(slot, health);
    if (health.tag === "starting") {
      slot.heartbeatAtMs = nowMs + STARTING_HEARTBEAT_MS;
      if (nowMs - slot.installedAtMs >= STARTING_MS_MAX) {
        return this.#failed(slot, `still starting: ${health.val}`);
      }
    }
    if (slot.standby === undefined) {
      slot.state = health.tag === "ok" ? "running" : health.tag;
    } else if (nowMs >= slot.probationEndsMs) {
      this.#endProbation(slot, health.tag, slot.detail);
    } else if (slot.state === "starting" && health.tag !== "starting") {
      slot.state = "probation"; // one that the end of the node had cut short
    }
  }

  /** Who had to restore its state has, or says how far it is. */
  #heed({ current }: Slot, health: Condition): void {
    if (current?.restoring === undefined) return;
    current.restoring = health.tag === "starting" ? health.val : undefined;
  }

  /** A cell that is still starting stays on probation until it has. */
  #endProbation(
    slot: Slot,
    health: "starting" | "ok" | "degraded",
    detail: string,
  ): void {
    if (health === "starting") {
      slot.probationEndsMs = slot.heartbeatAtMs;
      return;
    }
    if (health === "degraded" && slot.standby?.degraded !== true) {
      const reason = `it is degraded, the one before was not: ${detail}`;
      return this.rollBack(slot, reason);
    }
    keep(this.parts.nursery(), slot);
    slot.state = health === "ok" ? "running" : health;
    this.emit("kept", slot, "the probation is over");
  }

  /** The cell is alive and cannot serve: an end like a fault, but with `stop`. */
  #failed(slot: Slot, reason: string): void {
    const { current } = slot;
    must(current !== undefined, "only a live cell says that it failed");
    const fault: Fault = { kind: "failed", reason, blameless: false };
    const job: Job = { during: "lifecycle.health", forMs: 0 };
    this.#bury(slot, current, fault, job);
    if (slot.standby !== undefined) return this.rollBack(slot, reason);
    slot.current = undefined;
    this.parts.nursery().stop(slot, current);
    this.plan(slot, false, reason);
  }

  /** A state taken while the cell restores would lack what is not yet there. */
  #checkpoint(slot: Slot, nowMs: number): void {
    const { current } = slot;
    if (current === undefined) return;
    if (slot.state === "starting" || current.busy) {
      slot.checkpointAtMs = nowMs + STARTING_HEARTBEAT_MS;
      return;
    }
    this.#planCheckpoint(slot, nowMs);
    const taken = this.parts.nursery().snapshot(slot, current, nowMs);
    if (!(taken instanceof LoadRefused)) slot.checkpoint = taken;
    else this.parts.say(slot, "warn", `no checkpoint: ${taken.message}`);
  }

  #planCheckpoint(slot: Slot, nowMs: number): void {
    slot.checkpointAtMs = nowMs + (slot.spec.checkpointS ?? Infinity) * 1_000;
  }

  readonly #restart = (
    slot: Slot,
    between: Effect.Effect<void>,
  ): Effect.Effect<void> =>
    Effect.gen({ self: this }, function* () {
      slot.restartAtMs = Infinity;
      let refusal = yield* this.#revive(slot, between);
      if (refusal?.because === "state" && slot.checkpoint !== undefined) {
        const dropped = `the checkpoint is given up: ${refusal.message}`;
        this.parts.say(slot, "warn", dropped);
        slot.checkpoint = undefined;
        refusal = yield* this.#revive(slot, between);
      }
      if (refusal !== undefined) {
        return this.plan(
          slot,
          refusal.because === "absence",
          refusal.message,
        );
      }
      if (slot.state === "starting") {
        this.emit("restarted", slot, slot.detail);
        slot.detail = slot.current?.restoring ?? slot.detail;
      }
    });

  /** A new generation of the slot's image on its last checkpoint. */
  readonly #revive = (
    slot: Slot,
    between: Effect.Effect<void>,
  ): Effect.Effect<LoadRefused | undefined> =>
    Effect.gen({ self: this }, function* () {
      const { image } = slot;
      must(image !== undefined, "what restarts has been loaded before");
      const nursery = this.parts.nursery();
      const born = yield* Effect.result(
        nursery.conceive(slot, image.compiled, image.version),
      );
      if (born._tag === "Failure") return born.failure;
      const generation = born.success;
      yield* between;
      if (slot.state !== "restarting") {
        // Swapped or unloaded meanwhile: what is there now stays.
        generation.end();
        return undefined;
      }
      this.#reviving = generation;
      const refusal = nursery.start(slot, generation, slot.checkpoint) ??
        nursery.ask(slot, generation);
      this.#reviving = undefined;
      if (refusal === undefined) this.install(slot, generation);
      return refusal;
    });
}
