/**
 * A long random history with every operation: the cell against the model.
 *
 * After each append both came to the same outcome; now and then to the same
 * state root, proofs and answers, also of a store that was opened anew, from a
 * checkpoint or from the log.
 */
import assert from "node:assert/strict";
import { SimulatedBlockDevice } from "../../../conformance/sim/block_device.ts";
import { AccountHistory } from "../model/account_history.ts";
import { type Rules, rulesText } from "../model/account_model.ts";
import { GraphModel } from "../model/graph_model.ts";
import { INDEXES, StateModel } from "../model/state_model.ts";
import { verifyProof } from "../verify/mod.ts";
import { appendTo, compareCounts } from "./compare.ts";
import {
  type GraphCell,
  NETWORK_NAME,
  openGraph,
  valueOf,
} from "./graph_cell.ts";
import { checkAccounts, checkAxioms } from "./invariants.ts";
import { tokenOf } from "./operations.ts";
import {
  hex,
  identityOf,
  networkOf,
  networkWithRules,
  utf8,
} from "./signals.ts";

const OFTEN: [string, string] = ["checkpoint-octets", "1"];

export class LedgerRun {
  readonly model: GraphModel;
  readonly history: AccountHistory;
  readonly outcomes = new Map<string, number>();
  #device: SimulatedBlockDevice;
  #cell!: GraphCell;
  #particles: string[] = [];
  readonly #config: [string, string][];

  constructor(readonly seed: number, metered: boolean) {
    const rules = metered ? rulesOf(seed) : undefined;
    this.model = new GraphModel(
      rules
        ? networkWithRules(NETWORK_NAME, rulesText(rules))
        : networkOf(NETWORK_NAME),
      rules,
    );
    this.history = new AccountHistory(seed, this.model, metered ? 12 : 30);
    this.#config = [
      OFTEN,
      ...(rules ? [["rules", rulesText(rules)] as [string, string]] : []),
    ];
    this.#device = new SimulatedBlockDevice({ seed, blockSize: 512 });
  }

  async open(fromLog = "no"): Promise<this> {
    this.#cell = await openGraph(this.#device, { yieldEvery: 1 }, [
      ...this.#config,
      ["from-log", fromLog],
    ]);
    return this;
  }

  /** One append, whatever comes of it. */
  append(): void {
    const { history, model } = this;
    history.keepsRules = history.random() < 0.7;
    const append = history.random() < 0.9 ? history.good() : history.bad();
    const refusal = model.judge(append.entries);
    const answer = appendTo(this.#cell, append);
    const outcome = answer.tag === "ok" ? undefined : answer.val.tag;
    assert.equal(
      outcome,
      refusal,
      `${JSON.stringify(answer, (_, v) => typeof v === "bigint" ? `${v}` : v)}`,
    );
    const name = outcome ?? "ok";
    this.outcomes.set(name, (this.outcomes.get(name) ?? 0) + 1);
    if (!refusal) {
      model.apply(append.entries, append.note);
      for (const { kind } of append.entries.flatMap(operationsOf)) {
        this.outcomes.set(kind, (this.outcomes.get(kind) ?? 0) + 1);
      }
    }
    checkAccounts(model);
    const steps = history.below(4);
    for (let i = 0; i < steps; i++) this.#cell.background.step();
  }

  /** The same state, proofs and axioms; then perhaps a store opened anew. */
  async compare(): Promise<void> {
    const { history, model } = this;
    compareCounts(this.#cell, model);
    this.#particles = checkAxioms(model, this.#particles);
    this.#compareState();
    const chance = history.random();
    if (chance < 0.5) return;
    if (chance < 0.7) this.#cell.settle();
    this.#device = this.#device.reopen({ seed: this.seed });
    await this.open(chance < 0.9 ? "no" : "yes");
    this.#compareState();
  }

  #compareState(): void {
    const wanted = new StateModel(this.model);
    let state = valueOf(valueOf(this.#cell.proofs.latest()));
    if (state.height < BigInt(this.model.height)) {
      // Trees rest while a checkpoint is written.
      this.#cell.settle();
      state = valueOf(valueOf(this.#cell.proofs.latest()));
    }
    assert.equal(state.height, BigInt(this.model.height));
    assert.equal(hex(state.octets), hex(wanted.octets));
    assert.equal(hex(state.root), hex(wanted.root));
    for (const index of INDEXES) this.#compareProof(wanted, index);
  }

  #compareProof(
    wanted: StateModel,
    index: typeof INDEXES[number],
  ): void {
    const tree = wanted.trees[index];
    const size = tree?.namespaceOctets ?? (index === "balance" ? 66 : 33);
    const ends = [
      new Uint8Array(size),
      new Uint8Array(size).fill(255),
      ...(tree?.leaves.map(({ namespace }) => namespace) ?? []),
    ];
    const [first, last] = [this.history.pick(ends), this.history.pick(ends)]
      .sort((a, b) => hex(a) < hex(b) ? -1 : 1) as [Uint8Array, Uint8Array];
    const answer = valueOf(this.#cell.proofs.prove(index, first, last));
    if (!tree) {
      assert.deepEqual(answer, { tag: "err", val: { tag: "not-kept" } });
      return;
    }
    const proof = valueOf(answer);
    assert.equal(hex(proof.octets), hex(wanted.proof(index, first, last)));
    const proven = verifyProof(proof.octets, wanted.root);
    assert.deepEqual(
      proven.entries.map(({ namespace }) => hex(namespace)),
      tree.leaves.map(({ namespace }) => hex(namespace))
        .filter((one) => hex(first) <= one && one <= hex(last)),
    );
  }
}

function operationsOf({ signal }: ReturnType<AccountHistory["entry"]>) {
  return signal.operations ?? [];
}

/** Tight enough that will runs out, loose enough that it comes back. */
function rulesOf(seed: number): Rules {
  const authority = identityOf(utf8("bundle 0 ".padEnd(2016, ".")));
  return {
    stake: tokenOf(authority, identityOf(new Uint8Array())),
    per: 10 + seed % 50,
    grant: 50 + seed % 40,
    refill: 2 + seed % 5,
    block: 2 + seed % 5,
    cap: 60 + seed % 60,
  };
}
