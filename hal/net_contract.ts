/**
 * The types of `karyon:hal/net` and its rights, as the binding generator maps them.
 *
 * The contract itself, with every promise, is wit/hal/net/net.wit.
 */
import type { Net } from "../wit/gen/hal_net.ts";
import type { NetControl } from "../wit/gen/hal_net_control.ts";
import type { NetFind } from "../wit/gen/hal_net_find.ts";
import type { NetPeers } from "../wit/gen/hal_net_peers.ts";
import type { NetProvide } from "../wit/gen/hal_net_provide.ts";
import type { NetPublish } from "../wit/gen/hal_net_publish.ts";
import type { NetSubscribe } from "../wit/gen/hal_net_subscribe.ts";

export type {
  Completion,
  Condition,
  Datagram,
  Host,
  Limits,
  Message,
  Net,
  Outcome,
  Publication,
  Refusal,
  StreamEnd,
} from "../wit/gen/hal_net.ts";
export type { Contact, NetControl } from "../wit/gen/hal_net_control.ts";
export type { NetFind } from "../wit/gen/hal_net_find.ts";
export type { NetPeers } from "../wit/gen/hal_net_peers.ts";
export type { NetProvide } from "../wit/gen/hal_net_provide.ts";
export type { NetPublish } from "../wit/gen/hal_net_publish.ts";
export type { NetSubscribe, Verdict } from "../wit/gen/hal_net_subscribe.ts";

/** All rights of one holder over one host; each can be handed over alone. */
export interface NetRights {
  readonly net: Net;
  readonly peers: NetPeers;
  readonly publish: NetPublish;
  readonly subscribe: NetSubscribe;
  readonly find: NetFind;
  readonly provide: NetProvide;
  readonly control: NetControl;
}

/** What submitting answers. */
export type SubmitResult = ReturnType<NetPeers["open"]>;

/** What an act answers that is done at once. */
export type ActResult = ReturnType<NetPeers["reset"]>;
