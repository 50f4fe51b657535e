/**
 * Hot swap on a whole node: the real rank cell under HTTP load, and every
 * swap that must not happen.
 */
import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { Effect } from "effect";
import { policyOf, renderPolicy } from "../kernel/governance/mod.ts";
import type { Signer } from "../kernel/crypto/mod.ts";
import type { CellReport } from "./api.ts";
import {
  builtComponent,
  editedComponent,
  inFunction,
  relabelled,
} from "./testing/components.ts";
import {
  openTestNode,
  refusalOf,
  serveTestNode,
  type TestNode,
  until,
  withNode,
} from "./testing/node.ts";
import { governor, signedSwap } from "./testing/proposals.ts";

const REQUESTS_PER_SECOND = 200;
const LOAD_MS = 3_000;
/** For conditions that always come: however slow the machine is. */
const WAIT_MS = 300_000;
const OUTSTANDING_MAX = 16;

async function cellOf({ node }: TestNode, name: string): Promise<CellReport> {
  const cells = await Effect.runPromise(node.api.cells());
  const cell = cells.find((report) => report.name === name);
  if (cell === undefined) throw new Error(`no cell ${name}`);
  return cell;
}

/** A ring of `count` particles, and ranks over it. */
async function ranked(test: TestNode, count: number): Promise<void> {
  const links = Array.from({ length: count }, (_, i) => ({
    from: { text: `particle ${i}` },
    to: { text: `particle ${(i * 7 + 1) % count}` },
  }));
  await Effect.runPromise(test.node.api.link(links));
  await until("ranks are published", WAIT_MS, async () => {
    const { height, version } = await Effect.runPromise(
      test.node.api.rankStatus(),
    );
    return version > 0 && height === 1;
  });
}

async function submit(test: TestNode, component: Uint8Array) {
  const key = await governor(test.dataDir, "identity");
  const text = await signedSwap(test.node.network, "rank", component, [key]);
  return test.node.api.propose(text, component);
}

Deno.test("rank is swapped under 200 requests per second, none fails", async () => {
  await withNode(async (test) => {
    await ranked(test, 500);
    const before = await Effect.runPromise(test.node.api.top(20));
    const server = await serveTestNode(test);
    const statuses: number[] = [];
    const swap = await submit(test, relabelled(builtComponent("rank"), "b"));
    const load = send(`${server.url}/v1/rank/top?limit=20`, statuses);
    await new Promise((resolve) => setTimeout(resolve, LOAD_MS / 3));
    const report = await Effect.runPromise(swap);
    await load;
    await server.close();
    strictEqual(report.state, "executed");
    deepStrictEqual([...new Set(statuses)], [200]);
    strictEqual(statuses.length, REQUESTS_PER_SECOND * LOAD_MS / 1_000);
    const cell = await cellOf(test, "rank");
    ok(cell.generation > 1);
    strictEqual(`01${cell.hash}`, report.component);
    console.log(`  pause of the swap: ${report.pause_ms?.toFixed(3)} ms`);
    deepStrictEqual(await Effect.runPromise(test.node.api.top(20)), before);
  });
});

/**
 * Sends at a steady rate, but no more at once than `OUTSTANDING_MAX`: a machine
 * that is slower than the rate is asked as fast as it answers.
 */
async function send(url: string, statuses: number[]): Promise<void> {
  const gapMs = 1_000 / REQUESTS_PER_SECOND;
  const startMs = performance.now();
  const count = REQUESTS_PER_SECOND * LOAD_MS / 1_000;
  let next = 0;
  const sender = async () => {
    while (next < count) {
      const waitMs = startMs + next * gapMs - performance.now();
      next += 1;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, waitMs)));
      const response = await fetch(url);
      await response.body?.cancel();
      statuses.push(response.status);
    }
  };
  await Promise.all(Array.from({ length: OUTSTANDING_MAX }, sender));
}

Deno.test("an accepted component is what the cell starts from ever after", async () => {
  const first = await openTestNode();
  const component = relabelled(builtComponent("rank"), "kept");
  const report = await Effect.runPromise(await submit(first, component));
  await first.close();
  const second = await openTestNode({ dataDir: first.dataDir });
  const cell = await cellOf(second, "rank");
  strictEqual(`01${cell.hash}`, report.component);
  await second.close();
  await Deno.remove(first.dataDir, { recursive: true });
});

Deno.test("refused: a signature that is not the governor's", async () => {
  await withNode(async (test) => {
    const component = relabelled(builtComponent("rank"), "forged");
    const key = await governor(test.dataDir, "identity");
    const text = await signedSwap("local", "rank", component, [key]);
    const forged = JSON.parse(text);
    const signature = atob(forged.signatures[0].signature);
    forged.signatures[0].signature = btoa(
      signature.slice(0, -1) +
        String.fromCharCode(signature.charCodeAt(signature.length - 1) ^ 1),
    );
    const refusal = await refusalOf(
      test.node.api.propose(JSON.stringify(forged), component),
    );
    strictEqual(refusal.kind, "unauthorised");
    await unchanged(test);
  });
});

Deno.test("refused: too few signatures; enough of them swap", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "karyon-node-" });
  const keys: Signer[] = [];
  for (const name of ["ada", "bob", "eve"]) {
    keys.push(await governor(dataDir, name));
  }
  const policy = Effect.runSync(
    Effect.fromResult(policyOf(keys.map(({ bundle }) => bundle), 2)),
  );
  Deno.writeTextFileSync(`${dataDir}/policy.json`, renderPolicy(policy));
  await withNode(async (test) => {
    const component = relabelled(builtComponent("rank"), "two of three");
    const one = await signedSwap("local", "rank", component, keys.slice(0, 1));
    const refusal = await refusalOf(test.node.api.propose(one, component));
    strictEqual(refusal.kind, "unauthorised");
    match(refusal.message, /1 of 2|2/);
    await unchanged(test);
    const two = await signedSwap("local", "rank", component, keys.slice(0, 2));
    const report = await Effect.runPromise(
      test.node.api.propose(two, component),
    );
    strictEqual(report.state, "executed");
  }, { dataDir });
});

Deno.test("refused: the component is not the one that was signed", async () => {
  await withNode(async (test) => {
    const component = relabelled(builtComponent("rank"), "signed");
    const key = await governor(test.dataDir, "identity");
    const text = await signedSwap("local", "rank", component, [key]);
    await refusalOf(
      test.node.api.propose(text, relabelled(component, "other")),
    );
    await unchanged(test);
  });
});

Deno.test("refused: bytes that are no component", async () => {
  await withNode(async (test) => {
    const built = builtComponent("rank");
    for (
      const bytes of [
        new Uint8Array(0),
        built.slice(0, built.length >> 1),
        crypto.getRandomValues(new Uint8Array(5_000)),
      ]
    ) {
      const refusal = await refusalOf(await submit(test, bytes));
      ok(refusal.message.length > 0);
      await unchanged(test);
    }
  });
});

Deno.test("refused: a component that imports more than is granted", async () => {
  const greedy = await editedComponent("rank", [{
    file: "world.wit",
    find: "import karyon:kernel/log@0.1.0;",
    put: "import karyon:kernel/log@0.1.0;\n    import karyon:hal/block@0.1.0;",
  }, {
    file: "assembly/lifecycle.ts",
    find: "export function start(",
    put: `import { flush } from "./gen/block";
export function grab(): void { flush(); }
export function start(`,
  }, {
    file: "assembly/background.ts",
    find: "export function step(",
    put: `import { grab } from "./lifecycle";
export function step(`,
  }, {
    file: "assembly/lifecycle.ts",
    find: "export function stop(): void {",
    put: "export function stop(): void {\n  grab();",
  }]);
  await withNode(async (test) => {
    const refusal = await refusalOf(await submit(test, greedy));
    match(refusal.message, /karyon:hal\/block@0\.1\.0/);
    await unchanged(test);
  });
});

const BAD_STARTS = [
  ["traps", "unreachable();", /trap/],
  ["loops for ever", "while (true) {}", /deadline/],
] as const;

for (const [wrongness, code, expected] of BAD_STARTS) {
  Deno.test(`refused: a component that ${wrongness} on start`, async () => {
    const bad = await inFunction("lifecycle.ts", "start", code);
    await withNode(async (test) => {
      const refusal = await refusalOf(await submit(test, bad));
      match(refusal.message, expected);
      await unchanged(test);
    });
  });
}

Deno.test("rolled back: a component that loops for ever in its step", async () => {
  const bad = await inFunction("background.ts", "step", "while (true) {}");
  await withNode(async (test) => {
    await ranked(test, 50);
    const before = await cellOf(test, "rank");
    const report = await Effect.runPromise(await submit(test, bad));
    await until("the old component is back", WAIT_MS, async () => {
      const cell = await cellOf(test, "rank");
      return cell.hash === before.hash && cell.state === "running";
    });
    await Effect.runPromise(test.node.api.top(5));
    await until("the proposal says so", WAIT_MS, async () => {
      const { state } = await Effect.runPromise(
        test.node.api.proposal(report.id),
      );
      return state === "rolled-back";
    });
  });
});

/** The first generation's component serves, and answers. */
async function unchanged(test: TestNode): Promise<void> {
  const cell = await cellOf(test, "rank");
  strictEqual(cell.state, "running");
  strictEqual(cell.faults, 0);
  await Effect.runPromise(test.node.api.rankStatus());
}
