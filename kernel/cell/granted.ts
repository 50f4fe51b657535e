/** What `"kernel"` provides where a system file grants it, by contract. */
import { clock } from "../../wit/gen/kernel_clock.ts";
import { log } from "../../wit/gen/kernel_log.ts";
import { scheduling } from "../../wit/gen/kernel_scheduling.ts";
import { snapshots } from "../../wit/gen/kernel_snapshots.ts";
import type { Platform } from "../host/platform.ts";
import type { KernelOptions } from "../kernel.ts";
import type { Diary } from "./diary.ts";
import { clockFor, logFor, schedulingFor } from "./services.ts";
import type { Slot } from "./slot.ts";
import type { Holder, SharedSnapshots } from "./snapshots.ts";

export interface KernelServices {
  readonly platform: Platform["Service"];
  readonly options: KernelOptions;
  readonly snapshots: SharedSnapshots;
}

/** Whom it is for. */
interface Grantee {
  readonly slot: Slot;
  readonly holder: Holder;
  readonly diary: Diary;
}

/** The host of one contract for one generation; nothing for any other contract. */
export function serviceOf(
  contract: string,
  { slot, holder, diary }: Grantee,
  services: KernelServices,
): unknown {
  switch (contract) {
    case log.name: {
      const who = { cell: slot.name, generation: holder.generation };
      return logFor(who, diary, services.platform, services.options.log);
    }
    case clock.name:
      return clockFor(services.platform);
    case scheduling.name:
      return schedulingFor(slot, services.platform);
    case snapshots.name:
      return services.snapshots.serviceFor(holder);
    default:
      return undefined;
  }
}
