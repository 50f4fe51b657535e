/** When a proposal is to take effect, from the options of `propose`. */
import { type Context, type Option, UsageError } from "../command.ts";
import type { ProposeRequest } from "../composition.ts";

export const ACTIVATION_OPTIONS: Readonly<Record<string, Option>> = {
  at: {
    type: "string",
    value: "TIME",
    about: "executed at this time, as 2026-12-01T03:00:00Z (default at once)",
  },
  "at-height": {
    type: "string",
    value: "N",
    about: "executed behind the record's signal N",
  },
};

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?(Z|[+-]\d\d:\d\d)$/;

export function activationOf(
  context: Context,
): Pick<ProposeRequest, "activate_at_ms" | "activate_at_height"> {
  const time = context.text("at");
  const height = context.text("at-height");
  if (time !== undefined && height !== undefined) {
    throw new UsageError("--at and --at-height exclude each other");
  }
  if (time !== undefined) {
    const ms = TIME.test(time) ? Date.parse(time) : NaN;
    if (Number.isNaN(ms)) {
      throw new UsageError(
        `--at must be a time with its zone, not ${JSON.stringify(time)}`,
        "write it as 2026-12-01T03:00:00Z or 2026-12-01T03:00:00+01:00",
      );
    }
    return { activate_at_ms: ms };
  }
  if (height === undefined) return {};
  const bounds = { minimum: 1, maximum: 2 ** 53 - 1, otherwise: 0 };
  return { activate_at_height: BigInt(context.integer("at-height", bounds)) };
}
