/**
 * What the page shows of a particle's ranks: its focus by height, and focus from it.
 *
 * `page.ts` puts this and page.js into one script: what is used here is there.
 */
const SVG = "http://www.w3.org/2000/svg";
const LINE = { width: 240, height: 32 };

/** The focus in the confirmed ranks of before; nothing where there are less than two, or no answer. */
// deno-lint-ignore no-unused-vars -- page.js uses it
async function historyLine(cid) {
  const { moments } = await ask(`/v1/rank/history/${cid}`)
    .catch(() => ({ moments: [] }));
  if (moments.length < 2) return [];
  const oldest = moments.toReversed();
  const most = Math.max(...oldest.map(({ focus }) => focus));
  const points = oldest.map(({ focus }, i) => {
    const x = i / (oldest.length - 1) * (LINE.width - 4) + 2;
    const part = most > 0 ? focus / most : 0;
    const y = LINE.height - 2 - part * (LINE.height - 4);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  const line = document.createElementNS(SVG, "polyline");
  line.setAttribute("points", points.join(" "));
  const picture = document.createElementNS(SVG, "svg");
  const [first, last] = [oldest[0], oldest.at(-1)];
  const words = `focus from height ${number(first.height)} ` +
    `(${share(first.focus)}) to ${number(last.height)} (${share(last.focus)})`;
  const attributes = {
    viewBox: `0 0 ${LINE.width} ${LINE.height}`,
    class: "line",
    role: "img",
    "aria-label": words,
  };
  for (const [key, value] of Object.entries(attributes)) {
    picture.setAttribute(key, value);
  }
  picture.append(line);
  return [make("p", { class: "quiet", title: words }, picture)];
}

/** What the particle attends to, and why; computed when the card is opened. */
// deno-lint-ignore no-unused-vars -- page.js uses it
function fromCard(cid) {
  const more = opened("focus with the prior on it alone", async () => {
    const { items } = await ask(`/v1/rank?from=${cid}&limit=20`);
    const list = briefList(items, ({ focus }) => focus);
    list.querySelectorAll("li").forEach((row, at) => {
      row.classList.add("reasoned");
      row.append(whyFrom(cid, items[at].cid));
    });
    return [list];
  });
  return card("Seen from here", "", more);
}

function whyFrom(source, cid) {
  const path = `/v1/rank/explain/${cid}?limit=10&from=${source}`;
  return opened("why", async () => explanationParts(await ask(path)));
}
