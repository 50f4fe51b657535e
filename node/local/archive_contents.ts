/**
 * Contents that are kept apart from the log, into an archive and out of it.
 *
 * Each is what it is at the end of the record: its octets, or that it is gone.
 * What the cell gives is checked against its identity, and what it takes, too.
 */
import { Effect } from "effect";
import type {
  Contents,
  Standing as CellStanding,
} from "../../wit/gen/graph_contents.ts";
import type { Reads } from "../../wit/gen/graph_reads.ts";
import type { Connected } from "../../kernel/call/connect.ts";
import { toHex } from "../../kernel/crypto/mod.ts";
import { type Answer, Refusal } from "../api.ts";
import {
  type ArchiveWriter,
  type ContentHead,
  type Frame,
  PIECE_OCTETS,
} from "../archive/mod.ts";
import { absent } from "./answers.ts";
import { finished, plain } from "./cell_contents.ts";

interface Parts {
  readonly contents: Connected<Contents>;
  readonly reads: Connected<Reads>;
}

/** A content as an archive has it, or none where it lies in the log. */
export interface ToExport {
  readonly head: ContentHead;
  readonly particle: number;
}

/** What is to be said of the particles, before anything is written. */
export const contentsToExport = Effect.fnUntraced(
  function* ({ contents, reads }: Parts, ids: readonly Uint8Array[]) {
    const all: ToExport[] = [];
    for (const id of ids) {
      const standing: CellStanding = yield* plain(contents.look(id));
      if (!standing.apart) continue;
      const found = yield* Effect.mapError(reads.find(id), absent);
      const particle = found.tag === "ok" ? found.val : undefined;
      const { presence } = standing;
      if (
        presence === "damaged" || presence === "unknown" ||
        particle === undefined
      ) {
        return yield* new Refusal({
          kind: "failed",
          message: `the content of particle ${toHex(id)} is ${presence}`,
          fix:
            "offer its octets again (POST /v1/particles/CID/content), or let " +
            "it go (POST /v1/drops)",
        });
      }
      const isHere = presence === "here";
      const size = isHere ? Number(standing.size ?? 0n) : 0;
      const until = isHere ? standing.until ?? 0n : 0n;
      all.push({ head: { id, presence, size, until }, particle });
    }
    return all;
  },
);

/** Writes the frames of a content. */
export const exportContent = Effect.fnUntraced(
  function* ({ reads }: Parts, writer: ArchiveWriter, one: ToExport) {
    const { head, particle } = one;
    writer.content(head);
    for (let at = 0; at < head.size; at += PIECE_OCTETS) {
      const answer = yield* Effect.mapError(
        reads.content(particle, BigInt(at), PIECE_OCTETS),
        absent,
      );
      const octets = answer.tag === "ok" ? answer.val : undefined;
      if (octets?.length !== Math.min(PIECE_OCTETS, head.size - at)) {
        return yield* new Refusal({
          kind: "failed",
          message: `the content of particle ${toHex(head.id)} does not read`,
          fix: "ask deno run kernel fsck",
        });
      }
      writer.octets(octets);
    }
  },
);

/** Takes contents out of an archive, frame after frame. */
export class ContentsRestorer {
  #upload: { readonly id: number; left: number } | undefined;

  constructor(readonly parts: Parts, readonly name: string) {}

  take(
    frame: Extract<Frame, { kind: "content" | "octets" }>,
  ): Answer<void> {
    return Effect.mapError(
      frame.kind === "content"
        ? this.#begin(frame)
        : this.#octets(frame.octets),
      (refusal) =>
        new Refusal({
          kind: refusal.kind,
          message:
            `${this.name}, frame at octet ${frame.at}: ${refusal.message}`,
          fix: refusal.fix ??
            "the file is not what a store held: take another " +
              "copy of it; what was restored before it stays",
        }),
    );
  }

  #begin(head: ContentHead): Answer<void> {
    const { contents } = this.parts;
    const { id, presence, size, until } = head;
    return Effect.gen({ self: this }, function* () {
      this.#upload = undefined;
      const now = yield* plain(contents.look(id));
      const isSame = now.presence === presence &&
        (presence !== "here" || (now.until ?? 0n) === until);
      // Restored by the run before this one: its octets are passed over.
      if (isSame) return;
      if (now.presence !== "unknown" && now.presence !== "damaged") {
        return yield* new Refusal({
          kind: "invalid",
          message: `the store says that the content is ${now.presence}`,
        });
      }
      if (presence !== "here") {
        return yield* finished(contents.letGo(id, presence));
      }
      const upload = yield* plain(
        contents.begin(id, BigInt(size), until === 0n ? undefined : until),
      );
      this.#upload = { id: upload, left: size };
      if (size === 0) yield* this.#finish(upload);
    });
  }

  #octets(octets: Uint8Array): Answer<void> {
    const upload = this.#upload;
    if (upload === undefined) return Effect.void;
    return Effect.gen({ self: this }, function* () {
      yield* finished(this.parts.contents.write(upload.id, octets));
      upload.left -= octets.length;
      if (upload.left === 0) yield* this.#finish(upload.id);
    });
  }

  #finish(upload: number): Answer<void> {
    this.#upload = undefined;
    return Effect.asVoid(plain(this.parts.contents.finish(upload)));
  }
}
