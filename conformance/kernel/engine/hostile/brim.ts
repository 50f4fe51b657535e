/**
 * Cells that call out with their stack all but full.
 *
 * What the call reaches has no room left then, whoever it is. The cell that used
 * the room up is the one that ends: not the cell that it called, and not the
 * host's own bookkeeping.
 */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { LONG_MS } from "../fixture.ts";
import { type Judge, type Live } from "./judge.ts";
import { type CellText, componentOf, moduleText } from "./text.ts";

/** `run` goes so many calls deep, and asks there. */
const DIVER: CellText = {
  uses: ["ask"],
  bodies: { run: "(call $dive (local.get 0))" },
  more: `(func $dive (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (i32.xor (i32.const 0)
        (call $dive (i32.sub (local.get 0) (i32.const 1)))))
      (else (call $ask (i32.const 1)))))`,
};

const DEPTH_MAX = 2 ** 20;
/** What the called cell needs itself: little. */
const VICTIM_DEPTH = 200;
/** Depths around the first that does not end well. */
const SWEEP = 48;
/** More than fit into one stack. */
const LINKS = 96;

interface Claim {
  readonly name: string;
  readonly judge: (judge: Judge) => Promise<void>;
}

/** How a dive ends that calls `victim` from its ground. */
async function dive(
  judge: Judge,
  octets: Uint8Array,
  depth: number,
  victim: Live,
): Promise<string> {
  const { instance, work, host } = await judge.live(octets);
  host.asked = () => {
    const answer = victim.instance.guard(
      LONG_MS,
      () => victim.work["run"]?.(VICTIM_DEPTH),
    );
    if (!answer.ok) throw answer.trap;
  };
  const answer = instance.guard(LONG_MS, () => work["run"]?.(depth));
  instance.dispose();
  return answer.ok ? "value" : answer.trap.kind;
}

async function sweep(judge: Judge): Promise<void> {
  const octets = await componentOf(await moduleText(DIVER));
  const victim = await judge.live(octets);
  const ends = (depth: number) => dive(judge, octets, depth, victim);
  strictEqual(await ends(10), "value", "control: not deep");
  strictEqual(await ends(DEPTH_MAX), "stack", "control: too deep");
  let [well, badly] = [10, DEPTH_MAX];
  const seen = new Map<string, number>();
  const note = async (depth: number) => {
    const end = await ends(depth);
    seen.set(end, (seen.get(end) ?? 0) + 1);
    strictEqual(victim.instance.ended, undefined, `depth ${depth}: ${end}`);
    judge.peace();
    return end;
  };
  while (badly - well > 1) {
    const middle = (well + badly) >> 1;
    if (await note(middle) === "value") well = middle;
    else badly = middle;
  }
  for (let depth = well - SWEEP / 2; depth < well + SWEEP / 2; depth++) {
    await note(depth);
  }
  deepStrictEqual([...seen.keys()].sort(), ["stack", "value"]);
}

/** Cells that call each other, each a new one, until there is no room. */
async function chain(judge: Judge): Promise<void> {
  const octets = await componentOf(await moduleText(DIVER));
  const links: Live[] = [];
  for (let index = 0; index < LINKS; index++) {
    links.push(await judge.live(octets));
  }
  const reached = new Set<number>();
  links.forEach(({ host }, index) => {
    const next = links[index + 1];
    host.asked = () => {
      reached.add(index);
      const answer = next?.instance.guard(
        LONG_MS,
        () => next.work["run"]?.(2_000),
      );
      if (answer?.ok === false) throw answer.trap;
    };
  });
  const [first] = links;
  const answer = first?.instance.guard(
    LONG_MS,
    () => first.work["run"]?.(2_000),
  );
  ok(answer?.ok === false);
  ok(reached.size > 1, "control: some calls fit");
  const { length } = links.filter(({ instance }) =>
    instance.ended === undefined
  );
  ok(length > 0, "those that were not reached live");
  judge.peace();
  for (const { instance } of links) instance.dispose();
}

export const BRIM: readonly Claim[] = [
  { name: "calls another cell with its stack full", judge: sweep },
  { name: "calls a chain of cells as deep as it goes", judge: chain },
];
