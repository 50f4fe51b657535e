/** Does not type-check: a kernel boots from a checked system. Read the file with `readSystem`. */
import type { System } from "../../../kernel/manifest/system_file.ts";

// @ts-expect-error: JSON is not a `System`
export const system: System = JSON.parse("{}") as unknown;
