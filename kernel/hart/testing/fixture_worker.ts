/** The program of a hart's thread over fixture cells; signatures come in its URL. */
import { bindingsWith } from "../../../conformance/kernel/cell/fixture_bindings.ts";
import { v8EngineBeyond } from "../../engine/v8/engine.ts";
import { serveHart } from "../member.ts";
import type { Port } from "../peer.ts";
import { fixtureMessages } from "./fixture_messages.ts";

const signatures = new URL(import.meta.url).searchParams;

serveHart(globalThis as unknown as Port, {
  bindings: bindingsWith((name) => signatures.get(name) ?? "").all,
  messages: fixtureMessages,
  engine: v8EngineBeyond,
});
