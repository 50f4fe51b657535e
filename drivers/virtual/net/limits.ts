/** What every simulated host takes and keeps. */
import type { Limits } from "../../../hal/net_contract.ts";
import { SILENCE_US } from "./connection.ts";

export const LIMITS: Limits = Object.freeze({
  frameMax: 65_536,
  window: 131_072,
  streamsMax: 64,
  backlogMax: 16,
  protocolsMax: 16,
  datagramMax: 1200,
  datagramsMax: 32,
  messageMax: 65_536,
  messagesMax: 32,
  subscriptionsMax: 32,
  providedMax: 256,
  foundMax: 32,
  textMax: 256,
  inFlightMax: 128,
  silenceMax: BigInt(SILENCE_US),
});

/** Of whatever a peer may make this end remember. */
export const TOPICS_MAX = 256;
export const KEYS_MAX = 1024;
export const ADDRESSES_MAX = 16;
export const BOOK_MAX = 4096;
export const SEEN_MAX = 4096;
