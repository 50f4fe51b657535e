/**
 * Coins, boxes, cards and will, slow and obvious: what operations must do.
 *
 * Written from `operations.md`, apart from the cell: maps by hexadecimal
 * identity, no journal. `clone` is how a call is tried.
 */
import {
  cardOf,
  nullifierOf,
  type Operation,
  outputOf,
  tokenOf,
} from "../testing/operations.ts";
import { DEFAULT_TOKEN, hex, type Signal } from "../testing/signals.ts";

/** The rules of a metered network; see `operations.md`. */
export interface Rules {
  readonly stake: Uint8Array;
  readonly per: number;
  readonly grant: number;
  readonly refill: number;
  readonly block: number;
  readonly cap: number;
}

export function rulesText(rules: Rules): string {
  const { stake, per, grant, refill, block, cap } = rules;
  return `stake=${hex(stake)} per=${per} grant=${grant} refill=${refill} ` +
    `block=${block} cap=${cap}`;
}

export interface Coin {
  readonly authority: string;
  readonly cap: bigint;
  readonly rule: number;
  supply: bigint;
}

interface Account {
  balance: bigint;
  nonce: bigint;
}

interface Focus {
  will: bigint;
  block: bigint;
  stake: bigint;
}

interface Output {
  readonly token: string;
  readonly amount: bigint;
  readonly author: string;
  readonly owner: string;
}

interface Card {
  readonly particle: string;
  readonly creator: string;
  readonly height: number;
  owner: string;
}

export type Lack =
  | "insufficient-will"
  | "insufficient-balance"
  | "double-spend";

const MOST = (1n << 48n) - 1n;
const ONE = 256n;

export class AccountModel {
  coins = new Map<string, Coin>();
  /** By neuron and token, one behind the other. */
  accounts = new Map<string, Account>();
  focus = new Map<string, Focus>();
  /** All that were ever made, and the nullifiers, in their order. */
  outputs = new Map<string, Output>();
  nullifiers = new Set<string>();
  cards = new Map<string, Card>();
  block = 0n;
  price = ONE;
  items = 0n;
  signals = 0;
  /** Height of the first signal that had operations. */
  first: number | undefined;
  #lacks = new Set<Lack>();

  constructor(readonly rules?: Rules) {}

  clone(): AccountModel {
    const copy = new AccountModel(this.rules);
    copy.coins = structuredClone(this.coins);
    copy.accounts = structuredClone(this.accounts);
    copy.focus = structuredClone(this.focus);
    copy.outputs = new Map(this.outputs);
    copy.nullifiers = new Set(this.nullifiers);
    copy.cards = structuredClone(this.cards);
    copy.block = this.block;
    copy.price = this.price;
    copy.items = this.items;
    copy.signals = this.signals;
    copy.first = this.first;
    return copy;
  }

  /** What the signals that were run lack, the case that comes first. */
  get lack(): Lack | undefined {
    return ([
      "insufficient-will",
      "insufficient-balance",
      "double-spend",
    ] as const).find((one) => this.#lacks.has(one));
  }

  run(signal: Signal, id: Uint8Array, height: number): void {
    const operations = signal.operations ?? [];
    if (this.rules) this.#charge(signal, this.rules);
    if (operations.length > 0) this.first ??= height;
    operations.forEach((operation, i) => {
      const lack = this.#do(operation, signal, outputOf(id, i), height);
      if (lack) this.#lacks.add(lack);
    });
  }

  get metered(): boolean {
    return this.rules !== undefined;
  }

  full(stake: bigint): bigint {
    if (!this.rules) return 0n;
    const { grant, per, refill } = this.rules;
    const units = BigInt(grant) + stake / BigInt(per);
    const most = 2n ** 32n - 1n;
    return (units < most ? units : most) * BigInt(refill) * ONE;
  }

  #charge(signal: Signal, rules: Rules): void {
    const items = BigInt(
      signal.links.length + (signal.operations?.length ?? 0),
    );
    const cap = BigInt(rules.cap);
    const isOver = this.signals >= rules.block || this.items + items > cap;
    if (this.signals > 0 && isOver) this.#endBlock(cap);
    this.items += items;
    this.signals++;
    const key = hex(signal.neuron);
    const known = this.focus.get(key);
    const focus = known ??
      { will: this.full(0n), block: this.block, stake: 0n };
    this.focus.set(key, focus);
    const full = this.full(focus.stake);
    const gained = full * (this.block - focus.block) / BigInt(rules.refill);
    focus.will = focus.will + gained < full ? focus.will + gained : full;
    focus.block = this.block;
    const cost = items * this.price * BigInt(rules.refill);
    if (items > cap || cost > focus.will) this.#lacks.add("insufficient-will");
    else focus.will -= cost;
  }

  #endBlock(cap: bigint): void {
    const target = cap / 2n > 0n ? cap / 2n : 1n;
    // BigInt division cuts towards zero, as the cell's does.
    const next = this.price +
      this.price * (this.items - target) / (8n * target);
    this.price = next < ONE ? ONE : next > 1n << 24n ? 1n << 24n : next;
    this.block++;
    this.items = 0n;
    this.signals = 0;
  }

  #do(
    operation: Operation,
    signal: Signal,
    output: Uint8Array,
    height: number,
  ): Lack | undefined {
    const signer = hex(signal.neuron);
    switch (operation.kind) {
      case "coin": {
        const token = hex(tokenOf(signal.neuron, operation.name));
        if (this.coins.has(token)) return "double-spend";
        const { cap, rule } = operation;
        this.coins.set(token, { authority: signer, cap, rule, supply: 0n });
        return undefined;
      }
      case "mint":
        return this.#mint(signer, operation);
      case "pay": {
        const { amount } = operation;
        const [token, to] = [hex(operation.token), hex(operation.to)];
        if (!this.#mayMove(token, signer, to)) return "insufficient-balance";
        if (!this.#take(signer, token, amount)) return "insufficient-balance";
        this.#give(to, token, amount);
        return undefined;
      }
      case "lock":
      case "unlock":
        return this.#stake(operation.kind, signer, operation.amount);
      case "box": {
        const link = signal.links[operation.link]!;
        const token = hex(link.token);
        if (!this.#take(signer, token, link.amount)) {
          return "insufficient-balance";
        }
        const { amount } = link;
        const box = { token, amount, author: signer, owner: signer };
        this.outputs.set(hex(output), box);
        return undefined;
      }
      case "transfer":
      case "withdraw":
      case "spend":
        return this.#move(operation, signer, output);
      case "card": {
        const id = hex(cardOf(operation.particle, signal.neuron));
        if (this.cards.has(id)) return "double-spend";
        const particle = hex(operation.particle);
        const card = { particle, creator: signer, owner: signer, height };
        this.cards.set(id, card);
        return undefined;
      }
      case "give": {
        const card = this.cards.get(hex(operation.card));
        if (card?.owner !== signer) return "insufficient-balance";
        card.owner = hex(operation.to);
      }
    }
    return undefined;
  }

  #mint(
    signer: string,
    { token, to, amount }: {
      token: Uint8Array;
      to: Uint8Array;
      amount: bigint;
    },
  ): Lack | undefined {
    const coin = this.coins.get(hex(token));
    if (coin?.authority !== signer) return "insufficient-balance";
    const most = coin.cap === 0n ? MOST : coin.cap;
    if (coin.supply + amount > most) return "insufficient-balance";
    coin.supply += amount;
    this.#give(hex(to), hex(token), amount);
    return undefined;
  }

  #stake(
    kind: "lock" | "unlock",
    signer: string,
    amount: bigint,
  ): Lack | undefined {
    const token = hex(this.rules?.stake ?? DEFAULT_TOKEN);
    const focus = this.focus.get(signer);
    if (kind === "lock") {
      if (!this.#take(signer, token, amount)) return "insufficient-balance";
      focus!.stake += amount;
      return undefined;
    }
    if (!focus || focus.stake < amount) return "insufficient-balance";
    focus.stake -= amount;
    const full = this.full(focus.stake);
    if (focus.will > full) focus.will = full;
    this.#give(signer, token, amount);
    return undefined;
  }

  #move(
    operation: Extract<Operation, { readonly box: Uint8Array }>,
    signer: string,
    made: Uint8Array,
  ): Lack | undefined {
    const output = this.outputs.get(hex(operation.box));
    if (output?.owner !== signer) return "insufficient-balance";
    const to = operation.kind === "withdraw"
      ? output.author
      : hex(operation.to);
    if (!this.#mayMove(output.token, signer, to)) {
      return "insufficient-balance";
    }
    const nullifier = hex(nullifierOf(operation.box));
    if (this.nullifiers.has(nullifier)) return "double-spend";
    this.nullifiers.add(nullifier);
    if (operation.kind === "transfer") {
      this.outputs.set(hex(made), { ...output, owner: to });
    } else {
      this.#give(to, output.token, output.amount);
    }
    return undefined;
  }

  #mayMove(token: string, from: string, to: string): boolean {
    const coin = this.coins.get(token);
    if (!coin) return false;
    if (from === to || coin.rule === 0) return true;
    return coin.rule === 1 && [from, to].includes(coin.authority);
  }

  #take(neuron: string, token: string, amount: bigint): boolean {
    const account = this.accounts.get(neuron + token);
    if (!account || account.balance < amount) return false;
    account.balance -= amount;
    account.nonce++;
    return true;
  }

  #give(neuron: string, token: string, amount: bigint): void {
    const account = this.accounts.get(neuron + token) ??
      { balance: 0n, nonce: 0n };
    this.accounts.set(neuron + token, account);
    account.balance += amount;
  }
}
