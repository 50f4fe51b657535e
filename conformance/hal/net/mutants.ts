/** Networks and drivers that break one promise each; the suite has to notice. */
import type { NetRights } from "../../../hal/net_contract.ts";
import type { Mutant } from "../suite/mutation.ts";
import type { NetFixture } from "./case.ts";
import { CALLING_WRONGS, type Changes } from "./mutants_calling.ts";
import { WORLD_WRONGS } from "./mutants_world.ts";
import { ReferenceFixture } from "./reference.ts";

/** Functions in place of a host's own. */
export type Wrong = (rights: NetRights) => Changes;

export const NET_MUTANTS: ReadonlyArray<Mutant<NetFixture>> = [
  ...WORLD_WRONGS.map(([name, breaks, tamper]): Mutant<NetFixture> => ({
    name,
    breaks,
    wrap(fixture) {
      if (fixture instanceof ReferenceFixture) fixture.tamper(tamper());
      return fixture;
    },
  })),
  ...CALLING_WRONGS.map(([name, breaks, wrong]): Mutant<NetFixture> => ({
    name,
    breaks,
    wrap: (fixture) => brokenFixture(fixture, wrong),
  })),
];

function brokenFixture(fixture: NetFixture, wrong: Wrong): NetFixture {
  const broken = new WeakMap<NetRights, NetRights>();
  const brokenHost = (rights: NetRights): NetRights => {
    const known = broken.get(rights) ?? changed(rights, wrong(rights));
    broken.set(rights, known);
    return known;
  };
  const { faults } = fixture;
  return {
    get hosts() {
      return fixture.hosts.map(brokenHost);
    },
    address: (at) => fixture.address(at),
    ...(faults && { faults }),
    dispose: () => fixture.dispose(),
  };
}

function changed(rights: NetRights, changes: Changes): NetRights {
  return {
    net: { ...rights.net, ...changes.net },
    peers: { ...rights.peers, ...changes.peers },
    publish: { ...rights.publish, ...changes.publish },
    subscribe: { ...rights.subscribe, ...changes.subscribe },
    find: { ...rights.find, ...changes.find },
    provide: { ...rights.provide, ...changes.provide },
    control: { ...rights.control, ...changes.control },
  };
}
