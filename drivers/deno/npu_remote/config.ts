/** What the driver's thread is told beside its start. */
import type { ServerOptions } from "./server.ts";

export function configOf(config: unknown): ServerOptions {
  if (
    typeof config === "object" && config !== null && "address" in config &&
    "answerMs" in config && typeof config.address === "string" &&
    typeof config.answerMs === "number"
  ) {
    const { address, answerMs } = config;
    return { address, answerMs };
  }
  throw new Error("the driver's thread was not told its server");
}
