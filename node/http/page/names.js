/**
 * What the page shows of names: what one stands for, what is below it, and since when.
 *
 * `page.ts` puts this and page.js into one script: what is used here is there.
 */
const NAMES_LIMIT = 200;

function nameLink(path, words, directory) {
  const attributes = { href: `#/n/${encodeURIComponent(path)}`, title: path };
  return make("a", attributes, directory ? `${words}/` : words);
}

/** The way down to the name, each step a link. */
function crumbs(path) {
  const parts = path.split("/");
  return parts.flatMap((part, i) => {
    const words = i === 0 ? `${part.slice(0, 14)}…` : part;
    const link = nameLink(parts.slice(0, i + 1).join("/"), words, false);
    return i === 0 ? [link] : [" / ", link];
  });
}

/** A name, or a neuron's space. */
// deno-lint-ignore no-unused-vars -- page.js uses it
async function namesView(path) {
  const asked = encodeURIComponent(path);
  const found = await ask(`/v1/names?path=${asked}&limit=${NAMES_LIMIT}`);
  const about = card(
    "Name",
    `height ${number(found.at)}`,
    make("h1", {}, ...crumbs(found.path)),
  );
  if (found.card) {
    const { value } = found;
    about.append(make(
      "p",
      {},
      ...(value
        ? ["stands for ", particleLink(value)]
        : ["stands for nothing"]),
    ));
    const owner = found.card.owner ?? "not known any more";
    about.append(make("p", { class: "quiet" }, "owned by ", code(owner)));
  }
  const rows = found.entries.map(({ segment, particle, directory, cid }) =>
    make(
      "li",
      {},
      segment === undefined
        ? code(particle)
        : nameLink(`${found.path}/${segment}`, segment, directory),
      ...(cid ? [" → ", particleLink({ cid })] : []),
    )
  );
  const more = found.next === undefined ? "" : "the newest";
  const below = card("Below", more, make("ol", { class: "list" }, rows));
  return [about, below, ...(found.card ? await changesOf(found.path) : [])];
}

function code(text) {
  return make("code", { title: text }, `${text.slice(0, 14)}…`);
}

async function changesOf(path) {
  const asked = encodeURIComponent(path);
  const { changes } = await ask(`/v1/name-history?path=${asked}&limit=25`)
    .catch(() => ({ changes: [] }));
  const rows = changes.map(({ height, what, cid, by }) =>
    make(
      "li",
      {},
      `height ${number(height)}: ${what} `,
      ...(cid ? [particleLink({ cid }), " "] : []),
      make("span", { class: "quiet" }, "by ", code(by)),
    )
  );
  return [card("History", "", make("ol", { class: "list" }, rows))];
}
