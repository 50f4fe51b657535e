/** Contents that are offered to the simulated node, which believes anything. */
import { Effect } from "effect";
import type { Answer, KeptReport, NodeApi } from "../api.ts";

/** Keeps what was offered in the particle. */
export function offered(
  particle: { content: Uint8Array | undefined },
  height: number,
  [cid, size, pieces, { ttl } = {}]: Parameters<NodeApi["offer"]>,
): Answer<KeptReport> {
  return Effect.promise(async () => {
    const parts = await Array.fromAsync(pieces);
    particle.content = Uint8Array.from(parts.flatMap((part) => [...part]));
    const until = ttl === undefined ? undefined : height + ttl;
    return { cid, size, chunks: 1, fresh: 1, until };
  });
}

/** The content, where it is text. */
export function textOf(content: Uint8Array | undefined): string | undefined {
  if (content === undefined) return undefined;
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content);
  } catch {
    return undefined;
  }
}
