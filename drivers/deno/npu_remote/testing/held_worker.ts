/** The driver's thread with a brake; what it does is the driver's own. */
import { onHeldStart } from "../../../../hal/hosted/testing/npu_held.ts";
import { configOf } from "../config.ts";
import { Remote } from "../remote.ts";

onHeldStart(({ config, limits }) => Remote.open(configOf(config), limits));
