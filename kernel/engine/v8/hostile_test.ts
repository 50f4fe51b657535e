/** The corpus of hostile cells on V8, stopped by time and by fuel. */
import { hostileSuite } from "../../../conformance/kernel/engine/hostile/hostile_suite.ts";
import { v8Threads } from "../../host/v8_threads.ts";
import { v8Engine } from "./engine.ts";

hostileSuite("v8", (exported) => v8Engine({ ...v8Threads, exported }));

hostileSuite(
  "v8 with fuel",
  (exported) => v8Engine({ ...v8Threads, exported, mode: "fuel" }),
  "fuel",
);
