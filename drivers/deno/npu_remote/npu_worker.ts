/** The driver's thread. */
import { onStart } from "../../../hal/hosted/npu_thread.ts";
import { configOf } from "./config.ts";
import { Remote } from "./remote.ts";

onStart(({ config, limits }) => Remote.open(configOf(config), limits));
