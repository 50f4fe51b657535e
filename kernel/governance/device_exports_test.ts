/** Exports read from octets: of the built cells, of odd ones, of changed ones. */
import { deepStrictEqual, ok } from "node:assert/strict";
import { Result } from "effect";
import { type Chance, seeded } from "../crypto/test_chance.ts";
import { deviceExports } from "./mod.ts";
import { exporting } from "./test_world.ts";

const BLOCK = "karyon:hal/block@0.1.0";

function built(name: string): Uint8Array {
  const url = new URL(`../../build/cells/${name}.wasm`, import.meta.url);
  return Deno.readFileSync(url);
}

Deno.test("device exports: a driver's are found, a plain cell has none", () => {
  deepStrictEqual(Result.getOrThrow(deviceExports(built("virtio-block"))), [
    BLOCK,
  ]);
  for (const name of ["graph", "rank", "query"]) {
    deepStrictEqual(Result.getOrThrow(deviceExports(built(name))), []);
  }
  const odd = exporting("karyon:hal/timer@9.9.9", BLOCK, "other:hal/x@1.0.0");
  deepStrictEqual(Result.getOrThrow(deviceExports(odd)), [
    BLOCK,
    "karyon:hal/timer@9.9.9",
  ]);
});

Deno.test("device exports: what is no component is refused", () => {
  const sound = exporting(BLOCK);
  for (let length = 0; length < sound.length; length++) {
    // Eight octets are a component with nothing in it.
    const cut = deviceExports(sound.slice(0, length));
    ok(length === 8 || Result.isFailure(cut), `${length} octets`);
  }
  ok(Result.isFailure(deviceExports(Uint8Array.of(...sound, 11))));
});

Deno.test("device exports: changed octets are read or refused", () =>
  seeded(7, (chance: Chance) => {
    const sound = exporting(BLOCK, "karyon:hal/timer@0.1.0");
    for (let round = 0; round < 3_000; round++) {
      const octets = sound.slice();
      for (let n = chance.below(3); n >= 0; n--) {
        octets[chance.below(octets.length)] = chance.below(256);
      }
      deviceExports(octets);
    }
    return Promise.resolve();
  }));
