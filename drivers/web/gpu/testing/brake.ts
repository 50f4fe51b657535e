/** What a test and the held thread share. */

/** Words of the brake. */
export const BRAKE = { on: 0, begun: 1 } as const;

/** What the test says to the thread, beside the driver's own start. */
export type HeldMessage =
  | { readonly test: "brake"; readonly brake: SharedArrayBuffer }
  /** Pulls the plug. */
  | { readonly test: "lose" };
