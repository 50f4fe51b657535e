/** The way from a session to the driver of models, on whatever thread it is. */
import type { Launch, Model, Outcome, Tensor, Work } from "../npu_contract.ts";

/** What the driver is through with: how it ended, and of a load what it made. */
export interface Ended {
  readonly outcome: Outcome;
  readonly model?: Model;
}

export type NpuNews =
  | { readonly tag: "ended"; readonly ticket: bigint; readonly ended: Ended }
  /** The driver has, or says what it cannot. */
  | { readonly tag: "died"; readonly why: string };

export interface NpuLink {
  /** Microseconds of a clock that never goes back. */
  nowUs(): number;
  /**
   * False where there is no room. A model that is loaded is called `ticket`; the
   * tensors of an answer have `answerOctets` at most.
   */
  ask(ticket: bigint, work: Work, answerOctets: number): boolean;
  /** True if it had not begun, and now never will. */
  withdraw(ticket: bigint): boolean;
  unload(name: bigint): void;
  /** The oldest news, if any. */
  receive(): NpuNews | undefined;
  /** Returns when there may be news, or so many microseconds are over. */
  wait(us: number): void;
}

/** Carries models out on the driver's own thread. Whatever it throws has failed. */
export interface AsyncNpu {
  /**
   * True: nothing of it goes on between requests, so its thread may be blocked
   * until the next one. It is woken faster so.
   */
  readonly isStill?: boolean;
  /**
   * What a model takes and gives that is named and not given; undefined where the
   * octets are to be read as ONNX. `NpuRejected` where it is not there.
   */
  describe?(octets: Uint8Array): Promise<Model | undefined>;
  /** The model is called `name`. `NpuRejected` where it cannot be. */
  load(name: bigint, octets: Uint8Array, model: Model): void | Promise<void>;
  /** In order with loads. The tensors were checked against the model. */
  run(launch: Launch): Tensor[] | Promise<Tensor[]>;
  /** Nothing happens if there is no such model. */
  unload(name: bigint): void;
}

/** The driver does not take the request; the message says why. */
export class NpuRejected extends Error {
  override readonly name = "NpuRejected";
}

/** What the driver stands on has ended, and the driver with it. */
export class NpuGone extends Error {
  override readonly name = "NpuGone";
}
