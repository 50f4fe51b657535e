/**
 * The contract `karyon:query/answers`: the graph and its ranks, joined.
 *
 * Every bound of the contract is checked before another cell is called.
 * `resolve` needs no other cell: an identity is a function of the text.
 * A content that is not here is refused as `not-found`; `particle` tells it
 * from a particle that nobody knows.
 */
import { Option } from "../../sdk/assembly/option";
import { Result } from "../../sdk/assembly/result";
import { Tuple2 } from "../../sdk/assembly/tuple";
import {
  CONTENT_READ_OCTETS_MAX,
  LINKS_MAX,
  MOMENTS_MAX,
  TOP_MAX,
  VIEW_TEXT_OCTETS,
} from "./limits";
import {
  axonOf,
  briefsOf,
  focusOf,
  graphAbsent,
  identitiesOf,
  identityOf,
  numberOf,
  outOfBounds,
  rankAbsent,
  textOf,
} from "./asking";
import { explain as explained, explainFrom as explainedFrom } from "./explain";
import { lastStanding, lastTop } from "./last_ranks";
import { personal as personally } from "./personal";
import { searchIndex } from "./search";
import {
  Brief,
  Explained,
  ExplainedOutcome,
  Hits,
  Link,
  Page,
  ParticleView,
  PersonalOutcome,
  RankView,
  Refusal,
} from "./gen/answers";
import * as past from "./gen/history";
import * as ranks from "./gen/ranks";
import * as reads from "./gen/reads";
import { Direction } from "./gen/types";

type Cid = StaticArray<u8>;

export function resolve(text: string): Cid {
  const octets = String.UTF8.encode(text);
  return identityOf(changetype<usize>(octets), octets.byteLength);
}

export function particle(id: Cid): Result<ParticleView, Refusal> {
  const number = numberOf(id);
  if (!number.isOk) return Result.err<ParticleView, Refusal>(number.error);
  const answer = reads.describe(number.value);
  if (!answer.isOk) {
    return Result.err<ParticleView, Refusal>(graphAbsent(answer.error));
  }
  if (!answer.value.isSome) {
    return Result.err<ParticleView, Refusal>(Refusal.notFound());
  }
  const known = answer.value.value;
  const text = textOf(number.value, VIEW_TEXT_OCTETS);
  if (!text.isOk) return Result.err<ParticleView, Refusal>(text.error);
  const axon = endsOf(known.axon);
  if (!axon.isOk) return Result.err<ParticleView, Refusal>(axon.error);
  const self = new StaticArray<u32>(1);
  self[0] = number.value;
  return Result.ok<ParticleView, Refusal>(
    new ParticleView(
      id,
      text.value,
      known.size,
      known.size.isSome,
      focusOf(self)[0],
      known.linksIn,
      known.linksOut,
      axon.value,
    ),
  );
}

function endsOf(
  axon: Option<Tuple2<u32, u32>>,
): Result<Option<Tuple2<Cid, Cid>>, Refusal> {
  if (!axon.isSome) {
    return Result.ok<Option<Tuple2<Cid, Cid>>, Refusal>(
      Option.none<Tuple2<Cid, Cid>>(),
    );
  }
  const ends = new StaticArray<u32>(2);
  ends[0] = axon.value._0;
  ends[1] = axon.value._1;
  const ids = identitiesOf(ends);
  if (!ids.isOk) {
    return Result.err<Option<Tuple2<Cid, Cid>>, Refusal>(ids.error);
  }
  return Result.ok<Option<Tuple2<Cid, Cid>>, Refusal>(
    Option.some<Tuple2<Cid, Cid>>(
      new Tuple2<Cid, Cid>(ids.value[0], ids.value[1]),
    ),
  );
}

export function content(
  id: Cid,
  offset: u64,
  length: u32,
): Result<Cid, Refusal> {
  if (length == 0 || length > CONTENT_READ_OCTETS_MAX) {
    return Result.err<Cid, Refusal>(
      outOfBounds("length", length, CONTENT_READ_OCTETS_MAX),
    );
  }
  const number = numberOf(id);
  if (!number.isOk) return Result.err<Cid, Refusal>(number.error);
  const answer = reads.content(number.value, offset, length);
  if (!answer.isOk) {
    return Result.err<Cid, Refusal>(graphAbsent(answer.error));
  }
  return answer.value.isSome
    ? Result.ok<Cid, Refusal>(answer.value.value)
    : Result.err<Cid, Refusal>(Refusal.notFound());
}

export function links(
  id: Cid,
  side: Direction,
  cursor: Option<u64>,
  limit: u32,
): Result<Page, Refusal> {
  if (limit == 0 || limit > LINKS_MAX) {
    return Result.err<Page, Refusal>(outOfBounds("limit", limit, LINKS_MAX));
  }
  const number = numberOf(id);
  if (!number.isOk) return Result.err<Page, Refusal>(number.error);
  const answer = reads.links(number.value, side, cursor, limit);
  if (!answer.isOk) {
    return Result.err<Page, Refusal>(graphAbsent(answer.error));
  }
  const page = answer.value;
  const places = new Map<u32, i32>();
  const ends = distinctEnds(page, places);
  const briefs = briefsOf(ends, focusOf(ends));
  if (!briefs.isOk) return Result.err<Page, Refusal>(briefs.error);
  const described = new Array<Link>();
  for (let i = 0; i < page.links.length; i++) {
    const link = page.links[i];
    const origin = briefs.value[places.get(link.origin)];
    const target = briefs.value[places.get(link.target)];
    described.push(
      new Link(
        link.neuron,
        origin,
        target,
        axonOf(origin.id, target.id),
        link.token,
        link.amount,
        link.valence,
        link.height,
      ),
    );
  }
  return Result.ok<Page, Refusal>(new Page(described, page.next));
}

/** Each end of the page's links once; `places` tells where. */
function distinctEnds(
  page: reads.Page,
  places: Map<u32, i32>,
): StaticArray<u32> {
  const ends = new Array<u32>();
  for (let i = 0; i < page.links.length * 2; i++) {
    const link = page.links[i >> 1];
    const end = i & 1 ? link.target : link.origin;
    if (places.has(end)) continue;
    places.set(end, ends.length);
    ends.push(end);
  }
  return StaticArray.fromArray<u32>(ends);
}

export function top(limit: u32): Result<Array<Brief>, Refusal> {
  if (limit == 0 || limit > TOP_MAX) {
    return Result.err<Array<Brief>, Refusal>(
      outOfBounds("limit", limit, TOP_MAX),
    );
  }
  const answer = ranks.top(0, limit);
  const known = answer.isOk ? answer.value : lastTop(limit);
  if (known == null) {
    return Result.err<Array<Brief>, Refusal>(rankAbsent(answer.error));
  }
  const ranked = known;
  const particles = new StaticArray<u32>(ranked.length);
  const focuses = new StaticArray<f64>(ranked.length);
  for (let i = 0; i < ranked.length; i++) {
    particles[i] = ranked[i].particle;
    focuses[i] = ranked[i].focus;
  }
  return briefsOf(particles, focuses);
}

export function search(text: string, limit: u32): Result<Hits, Refusal> {
  return searchIndex(String.UTF8.encode(text), limit);
}

export function rankStatus(): Result<RankView, Refusal> {
  const answer = ranks.status();
  if (answer.isOk) {
    return Result.ok<RankView, Refusal>(new RankView(answer.value, false));
  }
  const last = lastStanding();
  return last == null
    ? Result.err<RankView, Refusal>(rankAbsent(answer.error))
    : Result.ok<RankView, Refusal>(new RankView(last, true));
}

export function explain(id: Cid, limit: u32): Result<Explained, Refusal> {
  return explained(id, limit);
}

export function explainFrom(
  sources: Array<Cid>,
  id: Cid,
  limit: u32,
): Result<ExplainedOutcome, Refusal> {
  return explainedFrom(sources, id, limit);
}

export function personal(
  sources: Array<Cid>,
  subject: Option<Cid>,
  limit: u32,
): Result<PersonalOutcome, Refusal> {
  return personally(sources, subject, limit);
}

export function history(id: Cid, limit: u32): Result<Array<past.Moment>, Refusal> {
  if (limit == 0 || limit > MOMENTS_MAX) {
    return Result.err<Array<past.Moment>, Refusal>(outOfBounds("limit", limit, MOMENTS_MAX));
  }
  const number = numberOf(id);
  if (!number.isOk) return Result.err<Array<past.Moment>, Refusal>(number.error);
  const answer = past.history(number.value, limit);
  return answer.isOk
    ? Result.ok<Array<past.Moment>, Refusal>(answer.value)
    : Result.err<Array<past.Moment>, Refusal>(rankAbsent(answer.error));
}
