/**
 * Names, coins and evidence of a simulated node: one of each, always the same.
 * Whole nodes are tested for what these really are (`node/names_test.ts`).
 */
import { type Answer, type LinkInput, type Receipt, Refusal } from "../api.ts";
import type { OperationInput, Page, ViewsApi } from "../api_views.ts";
import { Effect, Result } from "effect";
import { parsePath, pathText } from "../names/mod.ts";
import { emptyProof, emptyState } from "./empty_record.ts";

const ID = "01" + "5a".repeat(32);
const OTHER = "01" + "a5".repeat(32);

export abstract class SimulatedViews implements ViewsApi {
  abstract height: number;
  abstract link(links: ReadonlyArray<LinkInput>): Answer<Receipt>;
  protected abstract answer<A>(make: () => A): Answer<A>;

  identity() {
    return this.answer(() => ({ neuron: ID, network: OTHER, name: "test" }));
  }

  name(path: string, _page: Page, at = this.height) {
    const parsed = parsePath(path);
    if (Result.isFailure(parsed)) return refuse(parsed.failure);
    const { neuron, segments } = parsed.success;
    const found = neuron === "me" ? ID : neuron;
    return this.answer(() => ({
      path: pathText({ neuron: found, segments }),
      neuron: found,
      at,
      directory: OTHER,
      card: segments.length === 0
        ? undefined
        : { id: OTHER, particle: ID, made: 1, owner: found, since: 1 },
      value: segments.length === 0
        ? undefined
        : { cid: ID, height: 1, by: found, text: "hi", size: 2, known: true },
      entries: [{
        segment: "below",
        particle: ID,
        card: OTHER,
        owner: found,
        cid: ID,
        height: 1,
        removed: false,
        directory: false,
      }],
    }));
  }

  nameHistory(path: string, _page: Page) {
    return this.answer(() => ({
      path,
      changes: [{ height: 1, what: "bound" as const, by: ID, cid: OTHER }],
      forgotten: false,
    }));
  }

  linksAt(_cid: string, _side: "in" | "out", _page: Page, at: number) {
    return this.answer(() => ({ at, links: [] }));
  }

  linksOf(_neuron: string, _page: Page, at = this.height) {
    return this.answer(() => ({ at, links: [] }));
  }

  stateAt(at: number) {
    return this.answer(() => emptyState(at));
  }

  proofAt(at: number, index: string, from: string, to: string) {
    return this.answer(() => emptyProof(at, index, from, to));
  }

  linkProof(link: number, place: "neuron" | "from" | "to" = "from", at = 0) {
    return this.answer(() => ({
      link,
      place,
      height: at,
      root: ID,
      octets: "",
    }));
  }

  operate(
    links: ReadonlyArray<LinkInput>,
    operations: ReadonlyArray<OperationInput>,
  ) {
    return Effect.map(this.link(links), (receipt) => ({
      ...receipt,
      made: operations.flatMap(({ op }, operation) =>
        op === "coin" || op === "box" || op === "card"
          ? [{ operation, kind: op, id: OTHER }]
          : []
      ),
    }));
  }

  coins(_page: Page) {
    return Effect.map(this.coin(OTHER), (coin) => ({ items: [coin] }));
  }

  coin(token: string) {
    return this.answer(() => ({
      token,
      name: "shares",
      authority: ID,
      supply: 7,
      rule: "anybody" as const,
    }));
  }

  balances(_holder: string, _page: Page) {
    return this.answer(() => ({
      items: [{ token: OTHER, name: "shares", amount: 7, nonce: 0 }],
    }));
  }

  boxes(owner: string, _page: Page) {
    return this.answer(() => ({
      items: [{ box: ID, token: OTHER, amount: 1, author: ID, owner }],
    }));
  }

  cards(holder: string, _part: "created" | "owned", _page: Page) {
    return this.answer(() => ({
      items: [{
        card: OTHER,
        particle: ID,
        creator: holder,
        owner: holder,
        made: 1,
      }],
    }));
  }

  evidence(_page: Page) {
    return this.answer(() => ({ items: [EVIDENCE] }));
  }

  evidenceOctets(id: string): Answer<Uint8Array> {
    return id === EVIDENCE.id
      ? this.answer(() => new TextEncoder().encode("KEQV"))
      : Effect.fail(
        new Refusal({ kind: "not-found", message: `no evidence ${id}` }),
      );
  }

  submitEvidence(octets: Uint8Array) {
    return new TextDecoder().decode(octets.subarray(0, 4)) === "KEQV"
      ? this.answer(() => EVIDENCE)
      : refuse("no evidence: malformed at octet 0");
  }

  avatar(neuron: string, at = this.height) {
    return this.answer(() => ({ ...AVATAR, neuron, at, neurons: [neuron] }));
  }

  stateAvatar(octets: Uint8Array) {
    return new TextDecoder().decode(octets.subarray(0, 4)) === "KAVT"
      ? this.answer(() => AVATAR)
      : refuse("no statement: malformed");
  }
}

const AVATAR = {
  neuron: ID,
  at: 1,
  standing: "neuron" as const,
  avatar: OTHER,
  edition: 0,
  time: 1_796_000_000_000,
  neurons: [ID],
  statement: OTHER,
  id: ID,
  height: 1,
  by: ID,
};

const EVIDENCE = {
  id: `${ID}-7`,
  neuron: ID,
  step: 7,
  signals: [ID, OTHER] as const,
  octets: 4,
};

function refuse(message: string): Effect.Effect<never, Refusal> {
  return Effect.fail(new Refusal({ kind: "invalid", message }));
}
