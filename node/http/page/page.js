/**
 * The page's script: asks the node, shows what it answers, by hash routes.
 *
 * Everything from the graph is put in as text nodes, never as markup.
 */
const REFRESH_MS = 2000;
const main = document.getElementById("main");
const statusLine = document.getElementById("status");
const query = document.getElementById("query");
const CID = /^01[0-9a-f]{64}$/;
const grouping = new Intl.NumberFormat();

/** An element with attributes and children; strings become text. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== undefined));
  return element;
}

async function ask(path) {
  const answer = await fetch(path, { headers: { accept: "application/json" } });
  const body = await answer.json();
  if (answer.ok || body.cells !== undefined) return body;
  throw new Error(body.detail ?? `status ${answer.status}`);
}

const number = (value) => grouping.format(value);
const share = (value) =>
  value === 0
    ? "0"
    : value >= 0.001
    ? value.toPrecision(3)
    : value.toExponential(2);
const micro = (us) =>
  us < 1000 ? `${Math.round(us)} µs` : `${(us / 1000).toFixed(1)} ms`;
const mib = (octets) => `${(octets / 2 ** 20).toFixed(1)} MiB`;

function age(ms) {
  if (ms < 2000) return `${Math.round(ms)} ms`;
  return ms < 120_000
    ? `${Math.round(ms / 1000)} s`
    : `${Math.round(ms / 60_000)} min`;
}

function nameOf({ text, cid }) {
  const line = text?.replaceAll(/\s+/g, " ").trim();
  return line ? line.slice(0, 160) : `${cid.slice(0, 14)}…`;
}

function particleLink(brief) {
  const attributes = { href: `#/p/${brief.cid}`, title: brief.cid };
  if (!brief.text) attributes.class = "mono";
  return make("a", attributes, nameOf(brief));
}

function bar(part) {
  const fill = make("i");
  fill.style.width = `${Math.max(0, Math.min(100, 100 * part))}%`;
  return make("div", { class: "bar", "aria-hidden": "true" }, fill);
}

function card(title, note, ...children) {
  return make(
    "section",
    {},
    make("h2", {}, `${title} `, make("small", {}, note ?? "")),
    ...children,
  );
}

function tiles(pairs) {
  return make(
    "dl",
    { class: "tiles" },
    pairs.map(([name, value]) =>
      make("div", {}, make("dt", {}, name), make("dd", {}, value))
    ),
  );
}

function briefList(items, value) {
  if (items.length === 0) {
    return make("p", { class: "quiet" }, "Nothing here yet.");
  }
  const most = Math.max(...items.map(value));
  return make(
    "ol",
    { class: "list" },
    items.map((item) =>
      make(
        "li",
        {},
        bar(most > 0 ? value(item) / most : 0),
        particleLink(item),
        make("span", { class: "quiet mono" }, share(value(item))),
      )
    ),
  );
}

const CELL_COLUMNS = [
  ["cell", (cell) => cell.name],
  [
    "state",
    (cell) =>
      make("span", { class: "state", "data-state": cell.state }, cell.state),
  ],
  ["version", (cell) => cell.version],
  ["generation", (cell) => number(cell.generation), true],
  [
    "used / budget",
    (cell) => `${cell.used_ms.toFixed(2)} / ${cell.budget_ms} ms`,
    true,
  ],
  ["p50", (cell) => micro(cell.p50_us), true],
  ["p99", (cell) => micro(cell.p99_us), true],
  ["calls", (cell) => number(cell.calls), true],
  ["faults", (cell) => number(cell.faults), true],
  ["parks", (cell) => number(cell.parks), true],
  ["missed", (cell) => number(cell.missed), true],
  [
    "overshoot",
    (cell) => cell.parks > 0 ? micro(cell.overshoot_p99_us) : "",
    true,
  ],
  ["queue", (cell) => `${cell.waiting}/${cell.waiting_most}`, true],
  [
    "pause",
    (cell) =>
      cell.swap_pause_ms === undefined ? "" : micro(cell.swap_pause_ms * 1000),
    true,
  ],
  ["memory", (cell) => mib(cell.memory_bytes), true],
];

function cellTable(cells) {
  const kind = (right) => right ? { class: "number" } : {};
  const head = CELL_COLUMNS.map(([title, , right]) =>
    make("th", kind(right), title)
  );
  const rows = cells.map((cell) => {
    const tip = [cell.hash, cell.detail].filter(Boolean).join("\n");
    return make(
      "tr",
      { title: tip },
      CELL_COLUMNS.map(([, value, right]) =>
        make("td", kind(right), value(cell))
      ),
    );
  });
  return make(
    "table",
    {},
    make("thead", {}, make("tr", {}, head)),
    make("tbody", {}, rows),
  );
}

/** Accepted proposals whose time or height has not come. */
function waitingCard(waiting) {
  return card(
    "Changes that wait",
    "accepted by the governors",
    make(
      "ol",
      { class: "list" },
      waiting.map(({ id, action, cell, activation, expires, note }) =>
        make(
          "li",
          { title: `proposal ${id}\nexpires ${expires}\n${note}` },
          make("span", { class: "quiet mono" }, id.slice(2, 12)),
          make("span", {}, cell === "" ? action : `${action} of ${cell}`),
          make("span", { class: "quiet mono" }, whenText(activation)),
        )
      ),
    ),
  );
}

function whenText({ at, time, height }) {
  if (at === "once") return "at once";
  return at === "time" ? `at ${time}` : `at height ${height}`;
}

/** The overview; asked again every few seconds. */
async function overview() {
  const [cells, rank, top, proposals, karma] = await Promise.all([
    ask("/v1/cells"),
    ask("/v1/rank/status").catch(() => undefined),
    ask("/v1/rank/top?limit=20").catch(() => undefined),
    ask("/v1/governance/proposals").catch(() => []),
    ask("/v1/rank/karma?limit=10").catch(() => undefined),
  ]);
  const parts = [];
  if (rank !== undefined) {
    const note = rank.version === 0
      ? "not published yet"
      : `${age(rank.age_ms)} old${
        rank.stale
          ? ": the last good ones, the rank cell does not answer"
          : rank.computing
          ? ", computing a newer one"
          : ""
      }${rank.detail === undefined ? "" : `; ${rank.detail}`}`;
    parts.push(card(
      "Ranks",
      note,
      tiles([
        ["particles", number(rank.particles)],
        ["links", number(rank.links)],
        ["height", number(rank.height)],
        ["syntropy", rank.syntropy.toFixed(3)],
        ["rounds", number(rank.iterations)],
        ["residual", rank.residual.toExponential(1)],
        ["error at most", rank.bound.toExponential(1)],
      ]),
    ));
  }
  parts.push(card("Cells", "what runs, and what it used", cellTable(cells)));
  const waiting = proposals.filter(({ state }) => state === "scheduled");
  if (waiting.length > 0) parts.push(waitingCard(waiting));
  if (top !== undefined) {
    parts.push(
      card(
        "Focus",
        "what the graph attends to",
        briefList(top, (one) => one.focus),
      ),
    );
  }
  if (karma !== undefined && karma.items.length > 0) {
    parts.push(karmaCard(karma));
  }
  return parts;
}

async function results(text) {
  const found = await ask(`/v1/search?q=${encodeURIComponent(text)}&limit=50`);
  const pending = found.pending > 0
    ? `, ${number(found.pending)} not yet indexed`
    : "";
  return [card(
    `“${text}”`,
    `${number(found.matches)} found${pending}`,
    briefList(found.items, (one) => one.score),
  )];
}

function linkCard(cid, side, total) {
  const end = side === "out" ? "to" : "from";
  const list = make("ol", { class: "list" });
  const more = make("button", { type: "button" }, "more");
  let cursor = "";
  async function load() {
    const page = await ask(
      `/v1/particles/${cid}/links?dir=${side}&limit=25${cursor}`,
    );
    const most = Math.max(...page.links.map((link) => link[end].focus));
    list.append(...page.links.map((link) => {
      const sign = link.valence === 0 ? "" : link.valence > 0 ? " +" : " −";
      return make(
        "li",
        { title: `axon ${link.axon}\nneuron ${link.neuron}` },
        bar(most > 0 ? link[end].focus / most : 0),
        particleLink(link[end]),
        make("span", { class: "quiet mono" }, `${number(link.amount)}${sign}`),
      );
    }));
    cursor = page.next === undefined
      ? ""
      : `&cursor=${encodeURIComponent(page.next)}`;
    more.hidden = page.next === undefined;
  }
  more.addEventListener("click", () => void load());
  const title = side === "out" ? "Links out" : "Links in";
  const shown = card(title, number(total), list, more);
  more.hidden = true;
  return total === 0 ? [shown] : [shown, load()];
}

async function particle(cid) {
  const found = await ask(`/v1/particles/${cid}`);
  const about = card(
    "Particle",
    found.known
      ? `${number(found.size ?? 0)} octets`
      : "its content is not here",
    make("h1", {}, found.axon ? "axon" : nameOf(found)),
    make("code", {}, cid),
  );
  if (found.axon) {
    const ends = await Promise.all(
      [found.axon.from, found.axon.to].map((end) =>
        ask(`/v1/particles/${end}`)
      ),
    );
    about.append(
      make("p", {}, particleLink(ends[0]), " → ", particleLink(ends[1])),
    );
  }
  if (found.text && found.text.length > 80) {
    about.append(make("pre", {}, found.text));
  }
  const content = make(
    "a",
    { href: `/v1/particles/${cid}/content` },
    "content",
  );
  about.append(make(
    "p",
    { class: "quiet" },
    `focus ${share(found.focus)}`,
    ...(found.known ? [" · ", content] : []),
  ));
  const out = linkCard(cid, "out", found.links_out);
  const into = linkCard(cid, "in", found.links_in);
  const [line] = await Promise.all([historyLine(cid), out[1], into[1]]);
  about.append(...line);
  return [
    about,
    make("div", { class: "columns" }, out[0], into[0]),
    explanationCard(cid),
    fromCard(cid),
  ];
}

let shown = 0;

/** Shows what the address says; an older, slower answer never wins. */
async function show(quietly) {
  const turn = ++shown;
  const [, kind, rest = ""] = /^#\/(?:([psn])\/(.*))?$/.exec(location.hash) ??
    [];
  let parts;
  try {
    const value = decodeURIComponent(rest);
    if (kind === "p" && CID.test(value)) parts = await particle(value);
    else if (kind === "s") parts = await results(value);
    else if (kind === "n") parts = await namesView(value);
    else parts = await overview();
    if (!quietly && (kind === "s" || kind === "n")) query.value = value;
  } catch (error) {
    if (quietly) return;
    parts = [
      make("p", { class: "problem" }, `The node says: ${error.message}`),
    ];
  }
  if (turn !== shown) return;
  main.replaceChildren(...parts);
  if (!quietly) scrollTo(0, 0);
}

async function status() {
  try {
    const report = await ask("/healthz");
    statusLine.dataset.state = report.status;
    statusLine.textContent = report.status;
  } catch {
    statusLine.dataset.state = "gone";
    statusLine.textContent = "the node does not answer";
  }
}

document.getElementById("search").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = query.value.trim();
  if (CID.test(text)) location.hash = `#/p/${text}`;
  else if (text.startsWith("~")) {
    location.hash = `#/n/${encodeURIComponent(text)}`;
  } else location.hash = text === "" ? "#/" : `#/s/${encodeURIComponent(text)}`;
});
addEventListener("hashchange", () => void show(false));
setInterval(() => {
  if (document.hidden) return;
  void status();
  const overviewShown = !/^#\/[psn]\//.test(location.hash);
  // Never under somebody's hands: a focused link, a selection.
  const inUse = main.contains(document.activeElement) ||
    getSelection()?.isCollapsed === false;
  if (overviewShown && !inUse) void show(true);
}, REFRESH_MS);
void status();
void show(false);
