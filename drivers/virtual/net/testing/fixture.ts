/** The driver as the net suite wants it. */
import type {
  NetFixture,
  NetSubject,
} from "../../../../conformance/hal/net/case.ts";
import { type Shape, VirtualNet } from "../net.ts";

const HOSTS = 3;
const SEED = 1;

export function fixtureOn(
  seed: number,
  shape: Partial<Shape> = {},
): NetFixture {
  const net = new VirtualNet({ seed, shape });
  const hosts = Array.from({ length: HOSTS }, () => net.add());
  return {
    hosts,
    address: (at) => net.address(at),
    faults: {
      cut: (one, other) => net.cut(one, other),
      heal: (one, other) => net.heal(one, other),
      damage: (from, to) => net.shape(from, to, { change: 1 }),
      kill: (at) => net.kill(at),
      revive(at) {
        hosts[at] = net.revive(at);
      },
    },
    dispose() {},
  };
}

export const subject: NetSubject = {
  contract: "net",
  make: () => fixtureOn(SEED),
};
