/** `up --record` and `replay`, through one command line. */
import { deepStrictEqual, match, strictEqual } from "node:assert/strict";
import { Room } from "./testing.ts";

Deno.test("cli: up --record", async () => {
  const room = new Room();
  const limits: Array<number | undefined> = [];
  for (
    const options of [[], ["--record"], ["--record", "--record-max-mib", "3"]]
  ) {
    const running = room.run(["up", ...options]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    room.interrupt();
    strictEqual((await running).code, 0);
    limits.push(room.started.at(-1)?.recordOctetsMax);
  }
  deepStrictEqual(limits, [undefined, 2 ** 30, 3 * 2 ** 20]);
  strictEqual((await room.run(["up", "--record-max-mib", "3"])).code, 2);
  strictEqual(
    (await room.run(["up", "--record", "--record-max-mib", "0"])).code,
    2,
  );
});

Deno.test("cli: replay tells what it compared, and where it differs", async () => {
  const room = new Room();
  const life = {
    cell: "rank",
    generation: 2,
    recorded: "ab".repeat(32),
    replayed: "ab".repeat(32),
    calls: 12,
    questions: 34,
    octets: 5_600,
    end: "ended in order",
  };
  const whole = { frames: 78, end: "the node stopped", known: ["rank/2"] };
  room.replayed = { ...whole, lives: [life] };
  const equalOne = await room.run(["replay", "a.record", "--cell", "rank"]);
  strictEqual(equalOne.code, 0);
  match(equalOne.out, /equal · 78 frames · 12 calls · 34 answers/);
  strictEqual(room.replays.at(-1)?.cell, "rank");

  const difference = {
    frame: 56,
    during: "karyon:rank/ranks@0.1.0 top",
    what: "answer",
    path: ".val[3].focus",
    want: "0.5",
    got: "0.25",
  };
  room.replayed = { ...whole, lives: [{ ...life, difference }] };
  const other = await room.run(["replay", "a.record"]);
  strictEqual(other.code, 1);
  match(other.out, /rank, generation 2: first difference at frame 56/);
  match(other.out, /answer at \.val\[3\]\.focus/);
  const json = await room.run(["replay", "a.record", "--json"]);
  strictEqual(json.code, 1);
  deepStrictEqual(JSON.parse(json.out).lives[0].difference, difference);

  room.replayed = { ...whole, lives: [life], damaged: "at octet 9" };
  const damaged = await room.run(["replay", "a.record"]);
  strictEqual(damaged.code, 3);
  match(damaged.err, /damaged: at octet 9/);

  const both = await room.run(["replay", "a.record", "b.record"]);
  strictEqual(both.code, 3);
  match(both.out, /a\.record\n[^]*b\.record\n/);
  const pair = await room.run(["replay", "a.record", "b.record", "--json"]);
  deepStrictEqual(
    JSON.parse(pair.out).map(({ file }: { file: string }) => file),
    ["a.record", "b.record"],
  );

  room.replayed = { ...whole, lives: [] };
  for (
    const line of [
      ["replay"],
      ["replay", "a.record", "--cell", "none"],
      ["replay", "a.record", "--component", "x.wasm"],
      ["replay", "a.record", "--generation", "0"],
    ]
  ) strictEqual((await room.run(line)).code, 2, line.join(" "));
  const none = await room.run(["replay", "a.record", "--cell", "none"]);
  match(none.err, /no such life\n.*rank\/2/);
});
