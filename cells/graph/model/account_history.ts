/**
 * Random histories in which coins, boxes, cards and stakes move, too.
 *
 * Few neurons, coins and cards, so that things meet: a coin that is there
 * already, a box that was spent, a payment of more than there is.
 */
import {
  cardOf,
  type Operation,
  outputOf,
  tokenOf,
} from "../testing/operations.ts";
import {
  bodyOf,
  DEFAULT_TOKEN,
  hex,
  identityOf,
  type Signal,
  utf8,
} from "../testing/signals.ts";
import type { AccountModel } from "./account_model.ts";
import type { GraphModel, ModelEntry } from "./graph_model.ts";
import { History } from "./history.ts";

const NAMES = 3;
const STRANGERS = [1, 2].map((i) => identityOf(utf8(`stranger ${i}`)));
const MOST = (1n << 48n) - 1n;

export class AccountHistory extends History {
  /** Signals in which everything is as it must be, but for will. */
  keepsRules = true;

  constructor(
    seed: number,
    model: GraphModel,
    linksMax = 30,
    /** Of all signals, how many have operations. */
    readonly share = 0.7,
  ) {
    super(seed, model, linksMax);
  }

  override signal(
    bundle: Uint8Array,
    pending: readonly ModelEntry[],
  ): Signal {
    const plain = super.signal(bundle, pending);
    if (this.random() > this.share) return plain;
    const accounts = this.#after(pending);
    const boxed = this.#funded(plain, accounts);
    const operations: Operation[] = [];
    let isSpoilt = false;
    const wanted = this.random() < 0.05 ? 60 : 1 + this.below(6);
    for (let i = 0; i < wanted; i++) {
      const one = this.#operation(boxed, operations, accounts);
      const tried = { ...boxed, operations: [...operations, one] };
      const lack = lackOf(accounts, tried);
      if (lack && lack !== "insufficient-will") {
        // One that is wrong is enough, and shows its own refusal.
        if (isSpoilt || this.keepsRules || this.random() < 0.5) continue;
        isSpoilt = true;
      }
      operations.push(one);
    }
    return operations.length > 0 ? { ...boxed, operations } : plain;
  }

  /** The accounts behind the signals that come before in the same append. */
  #after(pending: readonly ModelEntry[]): AccountModel {
    const accounts = this.model.accounts.clone();
    pending.forEach(({ signal }, i) =>
      accounts.run(
        signal,
        identityOf(bodyOf(signal)),
        this.model.height + 1 + i,
      )
    );
    return accounts;
  }

  /** Sometimes without links; some links in coins that the neuron has. */
  #funded(signal: Signal, accounts: AccountModel): Signal {
    if (this.random() < 0.3) return { ...signal, links: [] };
    const neuron = hex(signal.neuron);
    const coins = [...accounts.coins.keys()].filter((token) =>
      (accounts.accounts.get(neuron + token)?.balance ?? 0n) > 0n
    ).map((token) => Uint8Array.fromHex(token));
    const links = signal.links.map((link) => {
      if (coins.length === 0 || this.random() < 0.5) return link;
      const token = this.pick(coins);
      return { ...link, token, amount: this.#amount(accounts, signal, token) };
    });
    return { ...signal, links };
  }

  #amount(
    accounts: AccountModel,
    signal: Signal,
    token: Uint8Array,
  ): bigint {
    const key = hex(signal.neuron) + hex(token);
    const has = accounts.accounts.get(key)?.balance ?? 0n;
    const chance = this.random();
    if (chance < 0.1) return has > 0n ? has : 1n;
    if (chance < 0.15) return has < MOST ? has + 1n : 1n;
    return 1n + BigInt(this.below(Number(has / 3n) + 2));
  }

  #holder(): Uint8Array {
    return this.random() < 0.8 ? this.pick(this.neurons) : this.pick(STRANGERS);
  }

  #coin(accounts: AccountModel): Uint8Array {
    if (accounts.rules && this.random() < 0.4) return accounts.rules.stake;
    const all = [...accounts.coins.keys()];
    return all.length === 0 || this.random() < 0.03
      ? DEFAULT_TOKEN
      : Uint8Array.fromHex(this.pick(all));
  }

  #operation(
    signal: Signal,
    before: readonly Operation[],
    accounts: AccountModel,
  ): Operation {
    const { neuron } = signal;
    const token = this.#coin(accounts);
    const amount = this.#amount(accounts, signal, token);
    const boxes = before.filter((one) => one.kind === "box");
    const least = boxes.length === 0 ? 0 : boxes.at(-1)!.link + 1;
    const stake = accounts.rules?.stake;
    const isAuthority = stake &&
      hex(tokenOf(neuron, this.ids[0]!)) === hex(stake);
    if (isAuthority && this.random() < 0.4) {
      return accounts.coins.has(hex(stake))
        ? { kind: "mint", token: stake, to: this.#holder(), amount: 5_000n }
        : { kind: "coin", name: this.ids[0]!, cap: 0n, rule: 0 };
    }
    const fundable = signal.links.findIndex((link, i) =>
      i >= least && link.amount > 0n &&
      (accounts.coins.has(hex(link.token)) || this.random() < 0.05)
    );
    return this.pick<() => Operation>([
      () => ({
        kind: "coin",
        name: this.ids[this.below(NAMES)]!,
        cap: this.pick([0n, 0n, 1_000n, MOST]),
        rule: this.pick([0, 0, 1, 2]),
      }),
      () => ({
        kind: "mint",
        token: this.random() < 0.8
          ? tokenOf(neuron, this.ids[this.below(NAMES)]!)
          : token,
        to: this.#holder(),
        amount: this.pick([1n, 500n, 1_000_000n, MOST / 4n]),
      }),
      () => ({ kind: "pay", token, to: this.#holder(), amount }),
      () => ({ kind: "pay", token, to: this.#holder(), amount }),
      () => ({ kind: "lock", amount }),
      () => ({ kind: "unlock", amount: 1n + BigInt(this.below(600)) }),
      () =>
        fundable < 0
          ? { kind: "lock", amount }
          : { kind: "box", link: fundable },
      () =>
        fundable < 0
          ? { kind: "lock", amount }
          : { kind: "box", link: fundable },
      () => ({
        kind: this.pick(["transfer", "spend"] as const),
        box: this.#box(accounts, neuron),
        to: this.#holder(),
      }),
      () => ({ kind: "withdraw", box: this.#box(accounts, neuron) }),
      () => ({ kind: "card", particle: this.pick(this.ids) }),
      () => ({
        kind: "give",
        card: this.#card(accounts, neuron),
        to: this.#holder(),
      }),
    ])();
  }

  /** Mostly a box of the neuron, spent or not; else any, or none. */
  #box(accounts: AccountModel, neuron: Uint8Array): Uint8Array {
    const all = [...accounts.outputs];
    const own = all.filter(([, { owner }]) => owner === hex(neuron));
    const from = own.length > 0 && this.random() < 0.9 ? own : all;
    if (from.length === 0) return outputOf(neuron, 0);
    // The newest ones are spent least.
    const recent = from.slice(-6);
    return Uint8Array.fromHex(this.pick(recent)[0]);
  }

  #card(accounts: AccountModel, neuron: Uint8Array): Uint8Array {
    const all = [...accounts.cards];
    const own = all.filter(([, { owner }]) => owner === hex(neuron));
    const from = own.length > 0 && this.random() < 0.9 ? own : all;
    if (from.length === 0) return cardOf(this.ids[0]!, neuron);
    return Uint8Array.fromHex(this.pick(from)[0]);
  }
}

function lackOf(accounts: AccountModel, signal: Signal) {
  const tried = accounts.clone();
  tried.run(signal, identityOf(bodyOf(signal)), 0);
  return tried.lack;
}
