/**
 * A life of appends and of contents that are kept apart, on a device that fails.
 *
 * Contents have runs in common, so they share chunks; they come, expire, are
 * dropped, come again, and come with signals.
 */
import assert from "node:assert/strict";
import { bring, noise } from "./apart.ts";
import { appendTo } from "./compare.ts";
import { CrashRun } from "./crash_run.ts";
import { valueOf } from "./graph_cell.ts";
import { DEFAULT_TOKEN, hex, identityOf } from "./signals.ts";

const CONTENTS = 8;

export class ApartRun extends CrashRun {
  readonly contents = Array.from({ length: CONTENTS }, (_, i) => {
    const common = noise(this.seed, 90_000);
    const own = noise(this.seed + 1 + i, 1 + 7_000 * i);
    return Uint8Array.from([...own, ...common.subarray(0, 30_000 * (i % 4))]);
  });

  /** Links all contents, so that they may come. */
  begin(): boolean {
    const bundle = this.history.bundles[0]!;
    const signal = {
      ...this.history.signal(bundle, []),
      links: this.contents.map((content) => ({
        from: identityOf(content),
        to: DEFAULT_TOKEN,
        token: DEFAULT_TOKEN,
        amount: 1n,
        valence: 0,
      })),
    };
    const append = { entries: [{ signal, contents: [] }], note: undefined };
    return this.attempt(
      (model) => model.apply(append.entries),
      () => {
        const answer = appendTo(this.cell, append);
        return answer.tag === "ok" ? undefined : answer.val.tag;
      },
    );
  }

  /** Brings a content that is not here, or lets one go that is. */
  change(): boolean {
    const { history, model } = this;
    const texts = history.texts.filter((_, i) =>
      model.find(history.ids[i]!) !== undefined
    );
    const all = [...this.contents, ...this.contents, ...texts];
    const octets = history.pick(all);
    const id = identityOf(octets);
    if (model.find(id) === undefined) return true;
    if (model.holds(id)) return this.#letGo(id);
    const until = history.random() < 0.5
      ? model.height + 1 + history.below(12)
      : undefined;
    const piece = 1 + history.below(60_000);
    return this.attempt((world) => world.bring(octets, until), () => {
      const wanted = until === undefined ? undefined : BigInt(until);
      const answer = bring(this.cell, octets, { until: wanted, piece });
      return answer === "kept" ? undefined : answer.tag;
    });
  }

  #letGo(id: Uint8Array): boolean {
    // One that lies in the log stays, and nothing happens.
    if (!this.model.apart.has(hex(id))) {
      const answer = this.cell.contents.letGo(id, "dropped");
      assert.equal(answer.tag, "err");
      return true;
    }
    return this.attempt((world) => world.letGo(id), () => {
      const answer = this.cell.contents.letGo(id, "dropped");
      return answer.tag === "ok" ? undefined : answer.val.tag;
    });
  }

  /** Lets everything go: then all that was set apart is free. */
  letAllGo(): void {
    for (const [key] of this.model.apart) {
      if (this.model.presence(key) !== "here") continue;
      assert.ok(this.#letGo(Uint8Array.fromHex(key)));
    }
    this.rest();
    const { contents, chunks, area, free } = this.cell.contents.count();
    assert.deepEqual([contents, chunks, free], [0, 0, area]);
    assert.ok(valueOf(this.cell.reads.count()).deviceUsed >= area);
  }
}
