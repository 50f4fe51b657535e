/** Does not type-check: a swap brings a component. Pass its octets and version. */
import type { Change } from "../../../kernel/change/change.ts";

// @ts-expect-error: the component is missing
export const change: Change = { kind: "swap", cell: "rank" };
