/**
 * A small node in memory, to test servers and commands without a kernel.
 *
 * It keeps the promises of `NodeApi` that a client can see: real identities,
 * all-or-nothing links, bookmarks with the write, refusals of every kind. Focus
 * is the share of link ends, not the tri-kernel; signatures are not checked.
 */
import { Effect, Result } from "effect";
import {
  type Answer,
  type Brief,
  type CellReport,
  type DryRunReport,
  type End,
  type KeptReport,
  type LinkInput,
  type LinkPage,
  type LinkReport,
  type NodeApi,
  type NodeReport,
  type ParticleReport,
  type ProofReport,
  type ProposalReport,
  type Receipt,
  Refusal,
  type SearchAnswer,
  type StateReport,
} from "../api.ts";
import { type DraftStream, oneByOne } from "../api_drafts.ts";
import { simulatedMeasures } from "./simulated_measures.ts";
import { simulatedCell } from "./simulated_cell.ts";
import { offered, textOf } from "./simulated_contents.ts";
import { emptyProof, emptyState } from "./empty_record.ts";
import {
  simulatedExplanation,
  simulatedHistory,
  simulatedPersonal,
  simulatedStatus,
} from "./simulated_explanation.ts";
import {
  identify,
  type Particle,
  type StoredLink,
} from "./simulated_record.ts";
import { simulatedDryRun, simulatedProposal } from "./simulated_proposals.ts";
import { SimulatedViews } from "./simulated_views.ts";
import { decodeDraft, type DraftEnd } from "../signals/draft.ts";

const NEURON = identify(new TextEncoder().encode("simulated neuron"));

export class SimulatedNode extends SimulatedViews implements NodeApi {
  readonly particles = new Map<string, Particle>();
  readonly stored: StoredLink[] = [];
  readonly bookmarks = new Map<string, string>();
  readonly handedIn = new Map<string, ProposalReport>();
  /** What a dry run says of a withdrawal. */
  withdrawal: DryRunReport["withdrawal"];
  /** Answers every call with this while it is set. */
  refuse: Refusal | undefined;
  /** Every call waits this long. */
  delay_ms = 0;
  height = 0;

  health(): Answer<NodeReport> {
    return this.answer(() => ({
      status: "ok",
      cells: { graph: "ok", rank: "ok", query: "ok" },
    }));
  }

  metrics(): Answer<string> {
    return this.answer(() =>
      `# TYPE karyon_links_total counter\nkaryon_links_total ${this.stored.length}\n`
    );
  }

  cells(): Answer<ReadonlyArray<CellReport>> {
    return this.answer(() =>
      ["graph", "rank", "query"].map((name) =>
        simulatedCell(name, identify(new TextEncoder().encode(name)))
      )
    );
  }

  link(links: ReadonlyArray<LinkInput>): Answer<Receipt> {
    return this.answer(() => {
      const height = ++this.height;
      const made = links.map((link) => this.#add(link, height));
      const signal = identify(new TextEncoder().encode(`signal ${height}`));
      return { signal, height, links: made };
    });
  }

  submitSigned(envelope: Uint8Array): Answer<Receipt> {
    const magic = new TextDecoder().decode(envelope.subarray(4, 8));
    if (magic !== "KSIG") {
      return Effect.fail(
        new Refusal({ kind: "invalid", message: "malformed at octet 4" }),
      );
    }
    return this.answer(() => ({
      signal: identify(envelope),
      height: ++this.height,
      links: [],
    }));
  }

  submitDraft(
    draft: Uint8Array,
    bookmark?: { readonly key: string; readonly value: string },
  ): Answer<{ readonly height: number; readonly links: number }> {
    const decoded = decodeDraft(draft);
    if (Result.isFailure(decoded)) {
      const { offset, rule } = decoded.failure;
      const message = `malformed at octet ${offset}: ${rule}`;
      return Effect.fail(new Refusal({ kind: "invalid", message }));
    }
    const links = decoded.success;
    return this.answer(() => {
      const height = ++this.height;
      for (const { from, to, amount, valence } of links) {
        this.#add({
          from: endOf(from),
          to: endOf(to),
          amount: Number(amount),
          valence,
        }, height);
      }
      if (bookmark?.value === "") this.bookmarks.delete(bookmark.key);
      else if (bookmark) this.bookmarks.set(bookmark.key, bookmark.value);
      return { height, links: links.length };
    });
  }

  submitDrafts(stream: DraftStream) {
    return oneByOne({
      submitDraft: (draft, bookmark) => this.submitDraft(draft, bookmark),
    }, stream);
  }

  recall(key: string): Answer<string | undefined> {
    return this.answer(() => this.bookmarks.get(key));
  }

  resolve(text: string): Answer<string> {
    return this.answer(() => identify(new TextEncoder().encode(text)));
  }

  particle(cid: string): Answer<ParticleReport> {
    return this.#at(cid, (particle) => ({
      ...this.#brief(cid),
      size: particle.content?.length,
      known: particle.content !== undefined,
      links_in: particle.ends.in.length,
      links_out: particle.ends.out.length,
      axon: particle.axon,
    }));
  }

  offer(...given: Parameters<NodeApi["offer"]>): Answer<KeptReport> {
    const at = this.#at(given[0], (particle) => particle);
    return Effect.flatMap(at, (one) => offered(one, this.height, given));
  }

  offering(cid: string) {
    return this.#at(cid, () => ({ cid, size: 9, done: 4 }));
  }

  drop(cid: string) {
    return this.#at(cid, (one) => {
      const size = one.content?.length ?? 0;
      one.content = undefined;
      return { cid, content: "dropped" as const, size, freed: size };
    });
  }

  content(cid: string, offset: number, length: number): Answer<Uint8Array> {
    return this.#at(cid, ({ content }) => {
      const end = Math.min(offset + length, offset + 2 ** 20);
      return (content ?? new Uint8Array(0)).slice(offset, end);
    });
  }

  links(
    cid: string,
    side: "in" | "out",
    limit: number,
    cursor?: string,
  ): Answer<LinkPage> {
    return this.#at(cid, ({ ends }) => {
      const all = ends[side].toReversed();
      const start = cursor === undefined ? 0 : Number(cursor);
      const page = all.slice(start, start + limit);
      const links = page.flatMap((index) => this.#linkReport(index));
      const next = start + limit;
      return next < all.length ? { links, next: String(next) } : { links };
    });
  }

  state(): Answer<StateReport> {
    return this.answer(() => emptyState(this.height));
  }

  /** The proof of an empty record: this node keeps no trees. */
  proof(index: string, from: string, to: string): Answer<ProofReport> {
    return this.answer(() => emptyProof(this.height, index, from, to));
  }

  top(limit: number): Answer<ReadonlyArray<Brief>> {
    return this.answer(() =>
      [...this.particles.keys()].map((cid) => this.#brief(cid))
        .sort((a, b) => b.focus - a.focus).slice(0, limit)
    );
  }

  rankStatus() {
    return this.answer(() =>
      simulatedStatus(this.height, this.particles.size, this.stored.length)
    );
  }

  history(cid: string, limit: number) {
    return this.#at(
      cid,
      () => simulatedHistory(this.#brief(cid), this.height, limit),
    );
  }

  focusFrom(from: ReadonlyArray<string>, limit: number, of?: string) {
    const asked = [...from, ...(of === undefined ? [] : [of])];
    const brief = (cid: string) => this.#at(cid, () => this.#brief(cid));
    const named = Effect.forEach(asked, brief);
    return Effect.map(named, (all) => {
      const sources = all.slice(0, from.length);
      return simulatedPersonal(sources, all[from.length], this.height, limit);
    });
  }

  readonly #measures = simulatedMeasures(
    (cid) => this.#at(cid, () => this.#brief(cid)),
    (make) => this.answer(make),
  );
  readonly karma = this.#measures.karma;
  readonly finality = this.#measures.finality;
  readonly spectrum = this.#measures.spectrum;

  explain(cid: string, limit: number, from?: ReadonlyArray<string>) {
    const explained = this.#at(cid, ({ ends }) => {
      const particle = this.#brief(cid);
      const links = [...ends.in, ...ends.out].flatMap((i) =>
        this.#linkReport(i)
      );
      return simulatedExplanation(particle, links, limit, this.height);
    });
    if (from === undefined) return explained;
    const named = Effect.forEach(
      from,
      (one) => this.#at(one, () => this.#brief(one)),
    );
    return Effect.flatMap(
      named,
      (all) => Effect.map(explained, (found) => ({ ...found, from: all })),
    );
  }

  search(text: string, limit: number): Answer<SearchAnswer> {
    return this.answer(() => {
      const word = text.toLowerCase();
      const found = [...this.particles.keys()].map((cid) => this.#brief(cid))
        .filter((brief) => brief.text?.toLowerCase().includes(word));
      const items = found.slice(0, limit)
        .map((brief) => ({ ...brief, score: 1 + brief.focus }));
      return { items, matches: found.length, pending: 0 };
    });
  }

  propose(bundle: string, component: Uint8Array): Answer<ProposalReport> {
    return this.answer(() => {
      const report = simulatedProposal(bundle, component);
      this.handedIn.set(report.id, report);
      return report;
    });
  }

  dryRun(bundle: string, component: Uint8Array): Answer<DryRunReport> {
    return this.answer(() => ({
      ...simulatedDryRun(bundle, component),
      ...(this.withdrawal && { withdrawal: this.withdrawal }),
    }));
  }

  proposals(): Answer<ReadonlyArray<ProposalReport>> {
    return this.answer(() => [...this.handedIn.values()]);
  }

  proposal(id: string): Answer<ProposalReport> {
    const report = this.handedIn.get(id);
    return report === undefined
      ? Effect.fail(notFound("no such proposal"))
      : this.answer(() => report);
  }

  protected answer<A>(make: () => A): Answer<A> {
    const answer = Effect.suspend(() =>
      this.refuse === undefined ? Effect.sync(make) : Effect.fail(this.refuse)
    );
    return this.delay_ms === 0
      ? answer
      : Effect.andThen(Effect.sleep(this.delay_ms), answer);
  }

  #at<A>(cid: string, make: (particle: Particle) => A): Answer<A> {
    const particle = this.particles.get(cid);
    return particle === undefined
      ? Effect.fail(notFound("no such particle"))
      : this.answer(() => make(particle));
  }

  #add(link: LinkInput, height: number) {
    const from = this.#end(link.from);
    const to = this.#end(link.to);
    const axon = identify(Uint8Array.fromHex(from + to));
    this.#touch(axon).axon = { from, to };
    const index = this.stored.length;
    this.stored.push({
      from,
      to,
      axon,
      token: link.token ?? "karyon",
      amount: link.amount ?? 1,
      valence: link.valence ?? 0,
      height,
    });
    this.#touch(from).ends.out.push(index);
    this.#touch(to).ends.in.push(index);
    return { from, to, axon };
  }

  #end(end: End): string {
    if ("cid" in end) return end.cid;
    const content = new TextEncoder().encode(end.text);
    const cid = identify(content);
    this.#touch(cid).content = content;
    return cid;
  }

  #touch(cid: string): Particle {
    const known = this.particles.get(cid);
    if (known !== undefined) return known;
    const made = { cid, content: undefined, ends: { in: [], out: [] } };
    this.particles.set(cid, made);
    return made;
  }

  #brief(cid: string): Brief {
    const particle = this.#touch(cid);
    const ends = particle.ends.in.length + particle.ends.out.length;
    const focus = ends / Math.max(1, 2 * this.stored.length);
    const text = textOf(particle.content);
    return text === undefined ? { cid, focus } : { cid, text, focus };
  }

  #linkReport(index: number): LinkReport[] {
    const link = this.stored[index];
    if (link === undefined) return [];
    return [{
      ...link,
      neuron: NEURON,
      from: this.#brief(link.from),
      to: this.#brief(link.to),
    }];
  }
}

function endOf(end: DraftEnd): End {
  return "identity" in end
    ? { cid: end.identity.toHex() }
    : { text: new TextDecoder().decode(end.content) };
}

function notFound(message: string): Refusal {
  return new Refusal({ kind: "not-found", message });
}
