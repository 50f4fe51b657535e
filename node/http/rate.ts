/**
 * Token buckets, one per peer and class of request.
 *
 * A bucket that is full again holds no knowledge, so a forgotten peer gains at
 * most one burst. IPv6 peers count by their /64: one household, one bucket.
 */
import { PEERS_MAX, type Rate } from "./limits.ts";

interface Bucket {
  tokens: number;
  at_ms: number;
}

export class RateLimiter {
  /** In order of last use, the longest quiet first. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    readonly rate: Rate,
    readonly now_ms: () => number,
    readonly peersMax = PEERS_MAX,
  ) {}

  /** Takes a token; or says after how many seconds there is one. */
  take(peer: string): { readonly wait_s: number } | undefined {
    const now = this.now_ms();
    const { burst, per_second } = this.rate;
    const known = this.#buckets.get(peer);
    const bucket = known ?? { tokens: burst, at_ms: now };
    const gained = Math.max(0, now - bucket.at_ms) / 1000 * per_second;
    bucket.tokens = Math.min(burst, bucket.tokens + gained);
    bucket.at_ms = now;
    this.#buckets.delete(peer);
    this.#buckets.set(peer, bucket);
    if (this.#buckets.size > this.peersMax) {
      const oldest = this.#buckets.keys().next();
      if (oldest.done !== true) this.#buckets.delete(oldest.value);
    }
    if (bucket.tokens >= 1) {
      bucket.tokens -= 1;
      return undefined;
    }
    return { wait_s: Math.ceil((1 - bucket.tokens) / per_second) };
  }

  get peers(): number {
    return this.#buckets.size;
  }
}

/** What stands for a peer: its IPv4 address, or the /64 of its IPv6 one. */
export function peerKey(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/iu.exec(address);
  if (mapped?.[1] !== undefined) return mapped[1];
  if (!address.includes(":")) return address;
  const [head = "", tail = ""] = address.split("%")[0]?.split("::") ?? [];
  const front = head === "" ? [] : head.split(":");
  const back = tail === "" ? [] : tail.split(":");
  const middle = Array<string>(Math.max(0, 8 - front.length - back.length))
    .fill("0");
  return [...front, ...middle, ...back].slice(0, 4).join(":") + "::/64";
}
