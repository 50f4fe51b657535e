/** What cells show each other: whole versions, by whom the system file names. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { SNAPSHOT_PIECE_OCTETS_MAX } from "../limits.ts";
import { SharedSnapshots, snapshotMemories } from "./snapshots.ts";

/** Of the vector's versions. */
const OCTETS = 2 ** 21;
const SYSTEM = {
  network: "test",
  drivers: new Map(),
  cells: new Map(),
  snapshots: new Map([
    ["vector", { mib: 2, writer: "ada", readers: ["bob", "eve"] }],
  ]),
};

/** Two harts over one memory; generations of cells on them. */
function world() {
  const memories = snapshotMemories(SYSTEM);
  const hart = () => new SharedSnapshots(SYSTEM, memories);
  const current = new Map([["ada", 1], ["bob", 1], ["eve", 1]]);
  const on = (where: SharedSnapshots) => (cell: string, generation = 1) =>
    where.serviceFor({
      cell,
      generation,
      isCurrent: () => current.get(cell) === generation,
    });
  return { hart, on, current };
}

const valued = <T>(answer: { tag: "ok"; val: T } | { tag: "err" }): T => {
  ok(answer.tag === "ok");
  return answer.val;
};

const octets = (...values: number[]) => Uint8Array.from(values);
const filled = (value: number) => new Uint8Array(16).fill(value);

Deno.test("snapshots: a reader on another hart gets the newest version whole", () => {
  const { hart, on } = world();
  const ada = on(hart())("ada");
  const bob = on(hart())("bob");
  deepStrictEqual(valued(bob.look("vector")), { number: 0n, length: 0 });
  deepStrictEqual(valued(bob.read("vector", 0n, 0, 8)), octets());
  strictEqual(valued(ada.write("vector", 0, filled(1))), true);
  deepStrictEqual(valued(bob.look("vector")), { number: 0n, length: 0 });
  strictEqual(valued(ada.publish("vector", 16)), 1n);
  deepStrictEqual(valued(bob.look("vector")), { number: 1n, length: 16 });
  for (const value of [2, 3, 4]) {
    ok(valued(ada.write("vector", 0, filled(value))));
    ok(valued(ada.write("vector", 8, octets(9))));
    strictEqual(valued(ada.publish("vector", 9)), BigInt(value));
  }
  deepStrictEqual(
    valued(bob.read("vector", 1n, 8, 99)),
    new Uint8Array(8).fill(1),
  );
  deepStrictEqual(valued(bob.look("vector")), { number: 4n, length: 9 });
  deepStrictEqual(valued(bob.read("vector", 4n, 0, 2)), octets(4, 4));
  deepStrictEqual(valued(bob.read("vector", 4n, 8, 99)), octets(9));
  strictEqual(valued(bob.read("vector", 1n, 0, 8)), undefined);
});

Deno.test("snapshots: a cell has what the system file gives it, and nothing else", () => {
  const { hart, on } = world();
  const where = hart();
  const [ada, bob, eve] = [
    on(where)("ada"),
    on(where)("bob"),
    on(where)("eve"),
  ];
  for (const cell of [bob, eve, on(where)("mallory")]) {
    strictEqual(valued(cell.write("vector", 0, filled(1))), false);
    strictEqual(valued(cell.publish("vector", 0)), undefined);
  }
  strictEqual(valued(ada.look("vector")), undefined);
  strictEqual(valued(ada.read("vector", 0n, 0, 8)), undefined);
  strictEqual(valued(bob.look("other")), undefined);
  strictEqual(valued(ada.write("other", 0, filled(1))), false);
  // Control: the writer may, and both readers see it.
  ok(valued(ada.write("vector", 0, filled(1))));
  strictEqual(valued(ada.publish("vector", 16)), 1n);
  deepStrictEqual(valued(bob.look("vector")), valued(eve.look("vector")));
});

Deno.test("snapshots: what does not fit is refused and has no effect", () => {
  const { hart, on } = world();
  const where = hart();
  const [ada, bob] = [on(where)("ada"), on(where)("bob")];
  strictEqual(valued(ada.write("vector", 8, filled(1))), false, "not begun");
  strictEqual(valued(ada.publish("vector", 0)), undefined, "not begun");
  ok(valued(ada.write("vector", 0, filled(1))));
  strictEqual(valued(ada.write("vector", 4, filled(2))), false);
  strictEqual(valued(ada.write("vector", OCTETS - 8, filled(2))), false);
  strictEqual(valued(ada.write("vector", 0xffff_fff8, filled(2))), false);
  strictEqual(valued(ada.publish("vector", OCTETS + 1)), undefined);
  const large = new Uint8Array(SNAPSHOT_PIECE_OCTETS_MAX + 8);
  strictEqual(valued(ada.write("vector", 0, large)), false);
  ok(valued(ada.write("vector", 8, large.subarray(8))));
  ok(valued(ada.write("vector", OCTETS - 16, filled(3))));
  strictEqual(valued(ada.publish("vector", OCTETS)), 1n);
  strictEqual(valued(ada.publish("vector", OCTETS)), undefined, "published");
  valued(bob.look("vector"));
  const part = valued(bob.read("vector", 1n, 0, 0xffff_ffff));
  strictEqual(part?.length, SNAPSHOT_PIECE_OCTETS_MAX);
  strictEqual(valued(bob.read("vector", 1n, OCTETS + 8, 8)), undefined);
  strictEqual(valued(bob.read("vector", 1n, 4, 8)), undefined);
});

Deno.test("snapshots: a swap and its way back lose nothing and mix nothing", () => {
  const { hart, on, current } = world();
  const where = hart();
  const [old, next] = [on(where)("ada", 1), on(where)("ada", 2)];
  const bob = on(where)("bob");
  ok(valued(old.write("vector", 0, filled(1))));
  strictEqual(valued(next.write("vector", 0, filled(2))), false, "not current");
  current.set("ada", 2);
  strictEqual(valued(next.write("vector", 8, filled(2))), false, "not begun");
  strictEqual(valued(next.publish("vector", 16)), undefined, "not begun");
  ok(valued(next.write("vector", 0, filled(2))));
  strictEqual(valued(old.publish("vector", 16)), undefined, "stands by");
  strictEqual(valued(next.publish("vector", 16)), 1n);
  current.set("ada", 1);
  strictEqual(valued(old.publish("vector", 16)), undefined, "begun before");
  ok(valued(old.write("vector", 0, filled(3))));
  strictEqual(valued(old.publish("vector", 16)), 2n);
  deepStrictEqual(valued(bob.look("vector")), { number: 2n, length: 16 });
  deepStrictEqual(valued(bob.read("vector", 2n, 0, 99)), filled(3));
});

Deno.test("snapshots: a hart that ended is succeeded at the next version", () => {
  const { hart, on } = world();
  for (let number = 1; number <= 5; number++) {
    // Each time another thread; what the one before left undone is not seen.
    const ada = on(hart())("ada");
    ok(valued(ada.write("vector", 0, filled(number))));
    strictEqual(valued(ada.publish("vector", 16)), BigInt(number));
    ok(valued(ada.write("vector", 0, filled(99))));
    const bob = on(hart())("bob");
    valued(bob.look("vector"));
    const held = valued(bob.read("vector", BigInt(number), 0, 99));
    deepStrictEqual(held, filled(number));
  }
});
