/**
 * What a node says while its graph is away or reads its log again.
 *
 * Whoever needs the graph is refused then, through whichever cell; the refusal
 * says how far the graph has come.
 *
 * Deliberately absent: waiting. Only the client knows how long it may take.
 */
import { Effect } from "effect";
import type { CellStatus } from "../../kernel/cell/status.ts";
import { type Answer, Refusal } from "../api.ts";
import { AGAIN } from "./ledger_refusals.ts";

type Graph = Pick<CellStatus, "state" | "detail">;

const AWAY: readonly string[] = ["starting", "restarting"];

/** A refusal for want of the graph, with how it comes back. */
export function explained(
  refusal: Refusal,
  graph: Graph | undefined,
): Refusal {
  const { kind, message, fix = AGAIN } = refusal;
  const isOfGraph = kind === "unavailable" && /\bgraph\b/.test(message);
  if (graph === undefined || !isOfGraph) return refusal;
  const { state, detail } = graph;
  if (!AWAY.includes(state) || message.includes(detail)) return refusal;
  const whole = `${message}; the graph is ${state}: ${detail}`;
  return new Refusal({ kind, message: whole, fix });
}

/** The same methods; what they refuse for want of the graph says more. */
export function explaining<A extends object>(
  api: A,
  graph: () => Graph | undefined,
): A {
  const methods: object = api;
  const ask = (name: string, args: unknown[]) => {
    const asked: Answer<unknown> = Reflect.get(methods, name)(...args);
    return Effect.mapError(asked, (refusal) => explained(refusal, graph()));
  };
  const told = Object.keys(api).map((name) =>
    [name, (...args: unknown[]) => ask(name, args)] as const
  );
  return { ...api, ...Object.fromEntries(told) };
}
