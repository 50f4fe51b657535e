/** A sound network for the check of the suite itself; its hosts can be made wrong. */
import type { NetRights } from "../../../hal/net_contract.ts";
import { NetSession } from "../../../hal/net/session.ts";
import type { Faults, NetFixture, NetSubject } from "./case.ts";
import { PlainHost } from "./plain_host.ts";
import { LIMITS, PlainWorld, type Tamper } from "./plain_world.ts";

const HOSTS = 3;

interface One {
  readonly host: PlainHost;
  readonly session: NetSession;
}

export class ReferenceFixture implements NetFixture {
  readonly hosts: NetRights[];
  readonly faults: Faults;
  readonly #world = new PlainWorld();
  readonly #all: One[];

  constructor() {
    this.#all = Array.from({ length: HOSTS }, (_, at) => this.#made(at));
    this.hosts = this.#all.map(({ session }) => session.rights);
    this.faults = {
      cut: (one, other) => this.#world.cut(this.#at(one), this.#at(other)),
      heal: (one, other) => this.#world.heal(this.#at(one), this.#at(other)),
      damage: (from, to) => this.#world.damage(this.#at(from), this.#at(to)),
      kill: (at) => {
        this.#at(at).dies();
        this.#all[at]?.session.died("the driver was killed");
      },
      revive: (at) => {
        const one = this.#made(at);
        this.#all[at] = one;
        this.hosts[at] = one.session.rights;
      },
    };
  }

  address(at: number): string {
    return `/plain/${at}`;
  }

  tamper(tamper: Tamper): void {
    this.#world.tamper = tamper;
  }

  dispose(): void {}

  #made(at: number): One {
    const peer = Uint8Array.of(0, 1, 2, at + 1);
    const host = new PlainHost(this.#world, peer);
    const session = new NetSession(host, {
      peer,
      name: "the suite's own",
      limits: LIMITS,
    });
    return { host, session };
  }

  #at(at: number): PlainHost {
    const one = this.#all[at];
    if (one === undefined) throw new Error(`there is no host ${at}`);
    return one.host;
  }
}

export const REFERENCE: NetSubject = {
  contract: "net",
  make: () => new ReferenceFixture(),
};
