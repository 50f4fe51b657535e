/** Buffers: what is in them, whose octets those are, and who touches them. */
import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import {
  buffer,
  completions,
  done,
  type GpuCase,
  launch,
  octetsOf,
  pattern,
  program,
  put,
  range,
  read,
  same,
  submit,
  u32,
  words,
} from "./case.ts";
import { INCREMENT } from "./kernels/plain_kernels.ts";

const group = "behaviour";

export const BEHAVIOUR: readonly GpuCase[] = [
  {
    group,
    claim: "control: a program changes what was written, and that is read",
    promise: "gpu.submit",
    run(fixture) {
      const name = buffer(fixture, words(1, 2, 3, 4));
      const increment = program(fixture, INCREMENT);
      done(fixture, launch(increment, [range(name, 16)]));
      deepStrictEqual([...u32(read(fixture, name, 16))], [2, 3, 4, 5]);
    },
  },
  {
    group,
    claim: "a new buffer is zeros, also where another one lay",
    promise: "work.allocate",
    run(fixture) {
      for (let round = 0; round < 4; round++) {
        const name = buffer(fixture, 4096);
        same(read(fixture, name, 4096), new Uint8Array(4096), `round ${round}`);
        put(fixture, name, 0, pattern(4096, round));
        strictEqual(fixture.gpu.release(name).tag, "ok");
      }
    },
  },
  {
    group,
    claim: "a write changes its range and nothing beside it",
    promise: "work.write",
    run(fixture) {
      const before = pattern(1024, 1);
      const name = buffer(fixture, before);
      for (const [offset, length] of [[4, 4], [508, 12], [1020, 4]] as const) {
        const octets = pattern(length, offset + 7);
        put(fixture, name, offset, octets);
        before.set(octets, offset);
        same(read(fixture, name, 1024), before, `at ${offset}:`);
      }
    },
  },
  {
    group,
    claim: "a write touches no other buffer",
    promise: "work.write",
    run(fixture) {
      const names = [1, 2, 3].map((seed) =>
        buffer(fixture, pattern(256, seed))
      );
      put(fixture, names[1] ?? 0n, 0, pattern(256, 9));
      for (const [at, seed] of [[0, 1], [1, 9], [2, 3]] as const) {
        same(read(fixture, names[at] ?? 0n, 256), pattern(256, seed));
      }
    },
  },
  {
    group,
    claim: "octets of a write are copied when it is submitted",
    promise: "work.write",
    run(fixture) {
      const name = buffer(fixture, 4096);
      const octets = pattern(4096, 1);
      const val = { buffer: name, offset: 0n, octets };
      const ticket = submit(fixture, { tag: "write", val });
      octets.fill(0xff);
      deepStrictEqual(completions(fixture, 1).get(ticket), { tag: "done" });
      same(read(fixture, name, 4096), pattern(4096, 1));
    },
  },
  {
    group,
    claim: "a write of a part of a larger view writes that part",
    promise: "work.write",
    run(fixture) {
      const whole = pattern(512, 1);
      const name = buffer(fixture, 64);
      put(fixture, name, 0, whole.subarray(100, 164));
      same(read(fixture, name, 64), whole.slice(100, 164));
    },
  },
  {
    group,
    claim: "a read gives its range, as often as it is asked",
    promise: "work.read",
    run(fixture) {
      const whole = pattern(2048, 3);
      const name = buffer(fixture, whole);
      for (const [offset, length] of [[0, 4], [4, 2044], [1000, 48]] as const) {
        const want = whole.slice(offset, offset + length);
        for (const _ of [1, 2]) {
          same(read(fixture, name, length, offset), want, `at ${offset}:`);
        }
      }
    },
  },
  {
    group,
    claim: "octets that were read are the caller's own",
    promise: "work.read",
    run(fixture) {
      const name = buffer(fixture, pattern(64, 1));
      const first = read(fixture, name, 64);
      const second = read(fixture, name, 64);
      first.fill(0);
      same(second, pattern(64, 1));
      put(fixture, name, 0, pattern(64, 2));
      same(second, pattern(64, 1));
      same(read(fixture, name, 64), pattern(64, 2));
    },
  },
  {
    group,
    claim: "a copy copies its range from one buffer to another",
    promise: "work.copy",
    run(fixture) {
      const source = buffer(fixture, pattern(512, 1));
      const target = buffer(fixture, pattern(512, 2));
      const val = {
        source: range(source, 128, 64),
        buffer: target,
        offset: 256n,
      };
      done(fixture, { tag: "copy", val });
      const want = pattern(512, 2);
      want.set(pattern(512, 1).subarray(64, 192), 256);
      same(read(fixture, target, 512), want);
      same(read(fixture, source, 512), pattern(512, 1), "the source:");
    },
  },
  {
    group,
    claim: "requests see what all before them did, submitted at once",
    promise: "gpu",
    run(fixture) {
      const [first, second] = [buffer(fixture, 64), buffer(fixture, 64)];
      const increment = program(fixture, INCREMENT);
      const copy = (source: bigint, target: bigint) =>
        submit(fixture, {
          tag: "copy",
          val: { source: range(source, 64), buffer: target, offset: 0n },
        });
      const run = (name: bigint) =>
        submit(fixture, launch(increment, [range(name, 64)]));
      const reading = (name: bigint) =>
        submit(fixture, { tag: "read", val: range(name, 64) });
      const octets = words(...Array.from({ length: 16 }, (_, i) => i * 10));
      submit(fixture, {
        tag: "write",
        val: { buffer: first, offset: 0n, octets },
      });
      run(first);
      copy(first, second);
      run(first);
      const middle = reading(first);
      run(second);
      run(second);
      copy(second, first);
      const end = reading(first);
      const all = completions(fixture, 9);
      const by = (ticket: bigint) => u32(octetsOf(all.get(ticket)))[5];
      deepStrictEqual([by(middle), by(end)], [52, 53]);
    },
  },
  {
    group,
    claim: "a released buffer still serves what was accepted before",
    promise: "gpu.release",
    run(fixture) {
      const name = buffer(fixture, words(1, 2, 3, 4));
      const increment = program(fixture, INCREMENT);
      submit(fixture, launch(increment, [range(name, 16)]));
      const reading = submit(fixture, { tag: "read", val: range(name, 16) });
      strictEqual(fixture.gpu.release(name).tag, "ok");
      strictEqual(fixture.gpu.release(increment).tag, "ok");
      const octets = octetsOf(completions(fixture, 2).get(reading));
      deepStrictEqual([...u32(octets)], [2, 3, 4, 5]);
    },
  },
  {
    group,
    claim: "released memory can be had again",
    promise: "gpu.release",
    run(fixture) {
      const { limits } = fixture.gpu.describe();
      const fits = Number(limits.memoryMax / limits.bufferMax);
      for (let round = 0; round < 3; round++) {
        const names = Array.from(
          { length: Math.min(fits, limits.buffersMax) },
          () => buffer(fixture, Number(limits.bufferMax)),
        );
        for (const name of names) {
          strictEqual(fixture.gpu.release(name).tag, "ok");
        }
      }
      strictEqual(fits > 0, true);
    },
  },
  {
    group,
    claim: "names of what is made are never given again",
    promise: "gpu",
    run(fixture) {
      const names = new Set<bigint>();
      for (let round = 0; round < 6; round++) {
        for (const name of [buffer(fixture, 64), program(fixture, INCREMENT)]) {
          ok(!names.has(name), `${name} was given twice`);
          names.add(name);
          strictEqual(fixture.gpu.release(name).tag, "ok");
        }
      }
    },
  },
];
