/**
 * The tree of an avatar's keys: SLIP-0010's published vectors, golden paths of
 * our own rule, and that no half and no sibling gives another away.
 */
import {
  deepStrictEqual,
  notStrictEqual,
  strictEqual,
  throws,
} from "node:assert/strict";
import {
  below,
  decodeDescent,
  type Descent,
  descentFrom,
  encodeDescent,
  fromHex,
  indexOf,
  seedsOf,
  toHex,
} from "./mod.ts";
import { HARDENED, slip10Child, slip10Master } from "./slip10.ts";

const octets = (hex: string) => fromHex(hex) ?? new Uint8Array();

/** Seed; then index, chain code and private key down one path. */
const SLIP10: ReadonlyArray<
  readonly [string, ReadonlyArray<readonly [number, string, string]>]
> = [
  ["000102030405060708090a0b0c0d0e0f", [
    [
      -1,
      "90046a93de5380a72b5e45010748567d5ea02bbf6522f979e05c0d8d8ca9fffb",
      "2b4be7f19ee27bbf30c667b642d5f4aa69fd169872f8fc3059c08ebae2eb19e7",
    ],
    [
      0,
      "8b59aa11380b624e81507a27fedda59fea6d0b779a778918a2fd3590e16e9c69",
      "68e0fe46dfb67e368c75379acec591dad19df3cde26e63b93a8e704f1dade7a3",
    ],
    [
      1,
      "a320425f77d1b5c2505a6b1b27382b37368ee640e3557c315416801243552f14",
      "b1d0bad404bf35da785a64ca1ac54b2617211d2777696fbffaf208f746ae84f2",
    ],
    [
      2,
      "2e69929e00b5ab250f49c3fb1c12f252de4fed2c1db88387094a0f8c4c9ccd6c",
      "92a5b23c0b8a99e37d07df3fb9966917f5d06e02ddbd909c7e184371463e9fc9",
    ],
    [
      2,
      "8f6d87f93d750e0efccda017d662a1b31a266e4a6f5993b15f5c1f07f74dd5cc",
      "30d1dc7e5fc04c31219ab25a27ae00b50f6fd66622f6e9c913253d6511d1e662",
    ],
    [
      1_000_000_000,
      "68789923a0cac2cd5a29172a475fe9e0fb14cd6adb5ad98a3fa70333e7afa230",
      "8f94d394a8e8fd6b1bc2f3f49f5c47e385281d5c17e65324b0f62483e37e8793",
    ],
  ]],
  [
    "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a2" +
    "9f9c999693908d8a8784817e7b7875726f6c696663605d5a5754514e4b484542",
    [
      [
        -1,
        "ef70a74db9c3a5af931b5fe73ed8e1a53464133654fd55e7a66f8570b8e33c3b",
        "171cb88b1b3c1db25add599712e36245d75bc65a1a5c9e18d76f9f2b1eab4012",
      ],
      [
        0,
        "0b78a3226f915c082bf118f83618a618ab6dec793752624cbeb622acb562862d",
        "1559eb2bbec5790b0c65d8693e4d0875b1747f4970ae8b650486ed7470845635",
      ],
    ],
  ],
];

Deno.test("avatar: SLIP-0010 gives the published keys", () => {
  for (const [seed, steps] of SLIP10) {
    let at = slip10Master(octets(seed));
    for (const [index, chainCode, key] of steps) {
      if (index >= 0) at = slip10Child(at, HARDENED + index);
      strictEqual(toHex(at.chainCode), chainCode);
      strictEqual(toHex(at.key), key);
    }
  }
  const root = slip10Master(new Uint8Array(16));
  throws(() => slip10Child(root, 0), /hardened/);
  throws(() => slip10Child(root, 2 ** 32), /hardened/);
  throws(() => slip10Master(new Uint8Array(15)), /16 to 64/);
});

const SEED = new Uint8Array(64).map((_, i) => i);

const step = (at: Descent, label: string, depth: number) =>
  below(at, depth, label);

function walk(labels: readonly string[]): Descent {
  return labels.reduce(step, descentFrom(SEED));
}

Deno.test("avatar: our own rule stays as it is written down", () => {
  const indices = ["alice", "laptop", "blog", "7"].map((label, depth) =>
    indexOf(depth, label).toString(16)
  );
  const { ed25519, mldsa65 } = seedsOf(walk(["alice", "laptop"]));
  deepStrictEqual([...indices, toHex(ed25519), toHex(mldsa65)], GOLDEN);
  throws(() => indexOf(4, "x"), /four labels/);
});

/** The seeds were made once with Python's hmac from the same indices. */
const GOLDEN = [
  "c5af99a3",
  "8696275b",
  "9e4f1f2d",
  "e3727609",
  "6eb54afc4eca328766203c264bf68f9bcd9ec01d3d4fd76d70cbcea63edb9d34",
  "32052862015108c2b32187b802c30551729dfd780297fdc43cea0325777dc1a4",
];

Deno.test("avatar: every place has other keys, in both halves", () => {
  const paths = [
    ["alice"],
    ["bob"],
    ["alice", "alice"],
    ["alice", "laptop"],
    ["alice", "phone"],
    ["bob", "laptop"],
    ["alice", "laptop", "blog"],
    ["alice", "laptop", "blog", "7"],
  ];
  const seeds = paths.map((path) => seedsOf(walk(path)));
  const all = seeds.flatMap(({ ed25519, mldsa65 }) =>
    [ed25519, mldsa65].map(toHex)
  );
  strictEqual(new Set(all).size, 2 * paths.length);
});

Deno.test("avatar: a place gives what is below it; a changed half only itself", () => {
  const place = walk(["alice", "laptop"]);
  const kept = decodeDescent(encodeDescent(place));
  deepStrictEqual(
    seedsOf(below(kept, 2, "blog")),
    seedsOf(walk(["alice", "laptop", "blog"])),
  );
  const other = { ...place, branch: new Uint8Array(64) };
  const [one, two] = [place, other].map((at) => seedsOf(below(at, 2, "blog")));
  deepStrictEqual(one?.ed25519, two?.ed25519);
  notStrictEqual(
    toHex(one?.mldsa65 ?? new Uint8Array()),
    toHex(two?.mldsa65 ?? new Uint8Array()),
  );
  throws(() => decodeDescent(new Uint8Array(127)), /128/);
});
