/**
 * Submissions against a plain model, over random interleavings.
 *
 * Plan: a control by hand; random steps of caller, driver and time agree with
 * the model on both queues, step by step; at the end every accepted request has
 * completed exactly once; what cannot be answered is told to be so; a checker
 * that is fed a wrong core notices.
 */
import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { type End, Submissions } from "./submissions.ts";
import { SubmissionModel } from "./testing/model.ts";
import { laneQueue, listQueue, type SteppedQueue } from "./testing/queues.ts";

const IN_FLIGHT = 6;
const STEPS = 600;
const SEEDS = 60;

type Core = Submissions<string, string>;
type Make = (queue: SteppedQueue["queue"]) => Core;

const sound: Make = (queue) =>
  new Submissions(queue, { inFlightMax: IN_FLIGHT });

function textOf(end: End<string>): string {
  if (end.how === "answered") return `answered ${end.answer}`;
  return end.how === "gone" ? `gone ${end.why}` : end.how;
}

const shown = (core: Core, most: number) =>
  core.take(most).map(({ ticket, end }) => [ticket, textOf(end)] as const);

/** Numbers below a limit, by a seed. */
function chance(seed: number): (limit: number) => number {
  let state = (seed * 0x9e3779b9) >>> 0;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % limit;
  };
}

/** One run; throws where core and model differ. */
function compare(seed: number, make: Make, stepped: SteppedQueue): void {
  const below = chance(seed + 1);
  const core = make(stepped.queue);
  const model = new SubmissionModel(IN_FLIGHT);
  const begun: bigint[] = [];
  const completed = new Map<bigint, string>();
  let now = 0;
  const find = (ticket: bigint) => model.all[Number(ticket) - 1];
  const taken = (most: number, where: string) => {
    const got = shown(core, most);
    deepStrictEqual(got, model.take(most), where);
    for (const [ticket, end] of got) {
      ok(!completed.has(ticket), `${ticket} completed twice, ${where}`);
      completed.set(ticket, end);
    }
  };
  const acts: ReadonlyArray<(where: string) => void> = [
    (where) => {
      const deadline = now + 1 + below(40);
      const work = `work ${now}`;
      const answer = core.submit(work, deadline);
      const want = model.submit(deadline);
      if (answer.tag === "full") {
        strictEqual(want, "full", where);
        strictEqual(answer.work, work, where);
      } else strictEqual(answer.ticket, want, where);
    },
    (where) => {
      const ticket = BigInt(1 + below(model.all.length + 2));
      strictEqual(core.cancel(ticket), model.cancel(ticket), where);
    },
    (where) => {
      const ticket = stepped.begin();
      strictEqual(model.begin()?.ticket, ticket, where);
      if (ticket !== undefined) begun.push(ticket);
    },
    (where) => {
      const [ticket] = begun.splice(below(begun.length || 1), 1);
      if (ticket === undefined) return;
      stepped.answer(ticket, `by step ${where}`);
      const [name = 0n, text = ""] = stepped.receive() ?? [];
      const one = find(name);
      ok(one !== undefined, where);
      strictEqual(core.answered(name, text), model.answer(one, text), where);
    },
    (where) => {
      now += below(12);
      core.expire(now);
      model.expire(now);
      strictEqual(
        core.nextDeadline,
        Math.min(...model.open.map(({ deadline }) => deadline)),
        where,
      );
    },
    (where) => taken(below(4), where),
    (where) => {
      if (below(12) !== 0) return;
      core.lost(where);
      model.lost(where);
    },
    (where) => {
      const ticket = BigInt(model.all.length + 1 + below(5));
      strictEqual(core.answered(ticket, ""), "unasked", where);
    },
  ];
  for (let step = 0; step < STEPS; step++) {
    const where = `step ${step}, seed ${seed}`;
    // The caller acts more often than all others together: queues fill up.
    const at = below(acts.length + 3);
    acts[at < acts.length ? at : 0]?.(where);
    strictEqual(core.open, model.open.length, where);
  }
  core.died("the end");
  model.died("the end");
  strictEqual(core.owed, 0);
  taken(Infinity, `the end, seed ${seed}`);
  const accepted = model.all.map(({ ticket }) => ticket);
  deepStrictEqual([...completed.keys()].sort(byNumber), accepted);
}

const byNumber = (a: bigint, b: bigint) => Number(a - b);

Deno.test("hal/submission: control: a request is asked, begun, answered and taken", () => {
  const stepped = listQueue();
  const core = sound(stepped.queue);
  deepStrictEqual(core.submit("a", 10), { tag: "ticket", ticket: 1n });
  deepStrictEqual(core.take(9), []);
  strictEqual(stepped.begin(), 1n);
  strictEqual(core.cancel(1n), "begun");
  strictEqual(core.answered(1n, "b"), "used");
  strictEqual(core.answered(1n, "c"), "unasked");
  deepStrictEqual(shown(core, 9), [[1n, "answered b"]]);
  deepStrictEqual(core.take(9), []);
  strictEqual(core.cancel(1n), "unknown");
});

for (
  const [name, make] of [["lists", listQueue], ["lanes", laneQueue]] as const
) {
  Deno.test(`hal/submission: random interleavings agree with the model, on ${name}`, () => {
    for (let seed = 0; seed < SEEDS; seed++) compare(seed, sound, make());
  });
}

Deno.test("hal/submission: what began and ran over keeps its place until the driver is through", () => {
  const stepped = listQueue();
  const core = new Submissions<string, string>(stepped.queue, {
    inFlightMax: 2,
  });
  core.submit("a", 10);
  core.submit("b", 10);
  stepped.begin();
  core.expire(10);
  deepStrictEqual(shown(core, 9), [[1n, "overrun"], [2n, "expired"]]);
  strictEqual(core.owed, 1);
  strictEqual(core.submit("c", 20).tag, "ticket");
  deepStrictEqual(core.submit("d", 20), { tag: "full", work: "d" });
  strictEqual(core.answered(1n, "at last"), "late");
  strictEqual(core.submit("d", 20).tag, "ticket");
});

/** Cores with one wrongness each: the comparison has to notice. */
const WRONG: Readonly<Record<string, (core: Core) => Partial<Core>>> = {
  "completes twice": (core) => ({
    answered: (ticket, answer) => {
      const worth = core.answered(ticket, answer);
      return worth === "unasked" ? "used" : worth;
    },
  }),
  "forgets what is taken last": (core) => ({
    take: (most) => core.take(most).slice(0, 2),
  }),
  "never expires": () => ({ expire() {} }),
  "takes one too many": (core) => ({
    take: (most) => core.take(most + 1),
  }),
  "says cancelled for what has begun": (core) => ({
    cancel: (ticket) => {
      const answer = core.cancel(ticket);
      return answer === "begun" ? "cancelled" : answer;
    },
  }),
  "loses nothing with the device": () => ({ lost() {} }),
};

for (const [name, wrong] of Object.entries(WRONG)) {
  Deno.test(`hal/submission: the comparison notices a core that ${name}`, () => {
    const make: Make = (queue) => {
      const core = sound(queue);
      const changes = wrong(core);
      return new Proxy(core, {
        get(target, key) {
          if (key in changes) return Reflect.get(changes, key);
          const value: unknown = Reflect.get(target, key, target);
          return typeof value === "function" ? value.bind(target) : value;
        },
      });
    };
    throws(() => {
      for (let seed = 0; seed < SEEDS; seed++) {
        compare(seed, make, listQueue());
      }
    });
  });
}
