/** The way from a session to the driver of a device, on whatever thread it is. */
import type { Device, Outcome, Wish, Work } from "../gpu_contract.ts";

/** What a device says of itself when it is attached. */
export type Attached = Omit<Device, "attachment">;

export type AttachAnswer =
  | { readonly tag: "attached"; readonly device: Attached }
  | { readonly tag: "absent"; readonly why: string }
  | { readonly tag: "failed"; readonly why: string };

export type GpuNews =
  /** The driver is through with a request. */
  | {
    readonly tag: "ended";
    readonly ticket: bigint;
    readonly outcome: Outcome;
  }
  /** What came of an attachment that was begun. */
  | {
    readonly tag: "attach";
    readonly attachment: number;
    readonly answer: AttachAnswer;
  }
  /** That device has ended by itself. */
  | { readonly tag: "lost"; readonly attachment: number; readonly why: string }
  /** The driver has, or says what it cannot. */
  | { readonly tag: "died"; readonly why: string };

export interface GpuLink {
  /** Microseconds of a clock that never goes back. */
  nowUs(): number;
  /** False where there is no room. What the request makes is called `ticket`. */
  ask(ticket: bigint, work: Work): boolean;
  /** True if it had not begun, and now never will. */
  withdraw(ticket: bigint): boolean;
  release(name: bigint): void;
  /** Waits for the platform. */
  attach(attachment: number, wish: Wish): AttachAnswer;
  /** Does not wait: the news says what came of it, unless another was begun since. */
  beginAttach(attachment: number, wish: Wish): void;
  detach(): void;
  /** The oldest news, if any. */
  receive(): GpuNews | undefined;
  /** Returns when there may be news, or so many microseconds are over. */
  wait(us: number): void;
}

/** A device on the driver's own thread. Whatever it throws has failed. */
export interface AsyncGpu {
  /** `lost` is called at most once, when the device ends by itself. */
  attach(wish: Wish, lost: (why: string) => void): Promise<Attached>;
  /** Ends the device; what is under way ends somehow. */
  detach(): void;
  /**
   * Starts at once, so that requests take effect in the order of the calls; ends
   * when the device is through. What it makes is called `name`.
   */
  carryOut(name: bigint, work: Work): Promise<Outcome>;
  /** In order with requests; nothing happens if there is no such thing. */
  release(name: bigint): void;
}

/** The platform has no such device; the message says which was looked for. */
export class GpuAbsent extends Error {
  override readonly name = "GpuAbsent";
}
