/**
 * Makes the genesis graph from the project's own documents.
 *
 * An empty store that begins with it has something to search and to rank. Each
 * link is given once: glossary term -> definition, term -> term in its
 * definition, `Karyon` -> document, document -> section -> paragraph, paragraph
 * -> term in it, document -> document that it links to. Every end is a text.
 * Pure: the same texts give the same drafts, in the same order.
 */
import { DraftWriter } from "../import/draft.ts";
import { LINK_OVERHEAD_OCTETS } from "../import/limits.ts";
import { type Entry, Mentions, parseGlossary } from "./glossary.ts";
import { relativeLinks, type Section, sections } from "./markdown_text.ts";

/** Where everything hangs together. */
const ROOT = "Karyon";
const GLOSSARY = "GLOSSARY.md";

export interface Document {
  /** Relative to the project's root, with `/`. */
  readonly path: string;
  readonly text: string;
}

type Link = readonly [from: string, to: string];

/** Drafts for `ledger.compose`, in order; none for no documents. */
export function genesisDrafts(documents: readonly Document[]): Uint8Array[] {
  return encode(genesisLinks(documents));
}

/** The genesis graph as pairs of texts, each pair once. */
export function genesisLinks(documents: readonly Document[]): Link[] {
  const glossary = documents.find(({ path }) => path === GLOSSARY);
  const entries = glossary === undefined ? [] : parseGlossary(glossary.text);
  const mentions = new Mentions(entries.map(({ term }) => term));
  const titles = new Map(
    documents.map((document) => [document.path, titleOf(document)]),
  );
  const links = [
    ...glossaryLinks(entries, mentions),
    ...documents.flatMap((document) =>
      documentLinks(document, titles, mentions)
    ),
  ];
  const once = new Map(
    links
      .filter(([from, to]) => from !== to && from !== "" && to !== "")
      .map((link) => [JSON.stringify(link), link]),
  );
  return [...once.values()];
}

function glossaryLinks(entries: readonly Entry[], mentions: Mentions): Link[] {
  return entries.flatMap(({ term, definition }): Link[] => [
    [ROOT, term],
    [term, definition],
    ...mentions.in(definition).map((other): Link => [term, other]),
  ]);
}

function documentLinks(
  document: Document,
  titles: ReadonlyMap<string, string>,
  mentions: Mentions,
): Link[] {
  const title = titleOf(document);
  const links: Link[] = [[ROOT, title], [title, document.path]];
  for (const address of relativeLinks(document.text)) {
    const other = titles.get(beside(document.path, address));
    if (other !== undefined) links.push([title, other]);
  }
  // Definitions hang on their terms already.
  if (document.path === GLOSSARY) return links;
  const parents: string[] = [title];
  for (const section of sections(document.text)) {
    const depth = Math.max(0, section.level - 1);
    const name = depth === 0 ? title : sectionName(title, section);
    parents.length = Math.min(parents.length, Math.max(1, depth));
    if (depth > 0) links.push([parents.at(-1) ?? title, name]);
    parents.push(name);
    for (const paragraph of section.paragraphs) {
      links.push([name, paragraph]);
      for (const term of mentions.in(paragraph)) links.push([paragraph, term]);
    }
  }
  return links;
}

/** A heading is no name by itself: two documents may both have "Limits". */
function sectionName(title: string, section: Section): string {
  return `${title} › ${section.heading}`;
}

function titleOf({ path, text }: Document): string {
  const first = sections(text).find(({ level }) => level === 1);
  return first?.heading || path;
}

/** `address` as seen from the document at `path`. */
function beside(path: string, address: string): string {
  const parts = path.split("/").slice(0, -1);
  for (const part of address.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
}

function encode(links: readonly Link[]): Uint8Array[] {
  const encoder = new TextEncoder();
  const writer = new DraftWriter();
  const drafts: Uint8Array[] = [];
  for (const link of links) {
    const [from, to] = link.map((text) => encoder.encode(text));
    if (from === undefined || to === undefined) continue;
    const octets = LINK_OVERHEAD_OCTETS + from.length + to.length;
    if (!writer.fits(octets, 1)) drafts.push(writer.take());
    writer.content(from);
    writer.content(to);
    writer.finish();
  }
  if (writer.links > 0) drafts.push(writer.take());
  return drafts;
}
