/** The program of a hart's thread: the contracts of this build, on V8. */
import { callMessages } from "../../wit/gen/calls.ts";
import { bindings } from "../../wit/gen/mod.ts";
import { v8EngineBeyond } from "../engine/v8/engine.ts";
import { serveHart } from "../hart/member.ts";
import type { Port } from "../hart/peer.ts";

serveHart(globalThis as unknown as Port, {
  bindings,
  messages: callMessages,
  engine: v8EngineBeyond,
});
