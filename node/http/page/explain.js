/**
 * What the page shows of where a focus comes from, and of what links have earned by it.
 *
 * `page.ts` puts this and page.js into one script: what is used here is there.
 */
/** What is asked for when it is opened, and each time that it is. */
function opened(title, load) {
  const body = make("div", {});
  const more = make("details", {}, make("summary", {}, title), body);
  more.addEventListener("toggle", async () => {
    if (!more.open) return;
    try {
      body.replaceChildren(...await load());
    } catch (error) {
      body.replaceChildren(make("p", { class: "problem" }, error.message));
    }
  });
  return more;
}

/** Where the focus comes from; computed when the card is opened. */
// deno-lint-ignore no-unused-vars -- page.js uses it
function explanationCard(cid) {
  const more = opened(
    "by diffusion, springs and heat",
    async () => explanationParts(await ask(`/v1/rank/explain/${cid}?limit=20`)),
  );
  return card("Why this focus", "", more);
}

function explanationParts(found) {
  const whole = (one) => one.diffusion + one.springs + one.heat;
  const part = (value) =>
    `${(100 * value / found.particle.focus).toFixed(2)} %`;
  const rows = found.contributions.map((one) =>
    make(
      "li",
      {
        title: `axon ${one.axon}\ndiffusion ${part(one.diffusion)}\n` +
          `springs ${part(one.springs)}\nheat ${part(one.heat)}`,
      },
      bar(whole(one) / found.particle.focus),
      make(
        "div",
        { class: "way" },
        make("span", { class: "quiet" }, one.direction === "in" ? "←" : "→"),
        particleLink(one.other),
      ),
      make("span", { class: "quiet mono" }, part(whole(one))),
    )
  );
  const more = found.axons - found.contributions.length;
  return [
    tiles([
      ["prior", part(found.prior)],
      ["without a way out", part(found.stuck)],
      ["anchor", part(found.anchor)],
      ["heat kept", part(found.kept)],
      [`${number(more)} more links`, part(whole(found.rest))],
    ]),
    make("ol", { class: "list" }, rows),
    ...earnedParts(found.karma),
  ];
}

/** Whose links brought it, and what they have earned by that. */
function earnedParts(karma) {
  if (karma === undefined) return [];
  const line = make(
    "p",
    { class: "quiet" },
    `links to it have earned a karma of ${share(karma.total)}`,
  );
  const of = karma.neurons ?? [];
  if (of.length === 0) return [line];
  const rows = of.map(({ neuron, earned, karma: whole }) =>
    neuronRow(
      neuron,
      earned / of[0].earned,
      whole === undefined
        ? share(earned)
        : `${share(earned)} of ${share(whole)}`,
    )
  );
  return [line, make("ol", { class: "list" }, rows)];
}

function neuronRow(neuron, part, words) {
  return make(
    "li",
    { title: `neuron ${neuron}` },
    bar(part),
    make("span", { class: "mono" }, `${neuron.slice(0, 14)}…`),
    make("span", { class: "quiet mono" }, words),
  );
}

/** What the links of each neuron have earned, in the last confirmed ranks. */
// deno-lint-ignore no-unused-vars -- page.js uses it
function karmaCard({ items, neurons, total, age_ms }) {
  const most = items[0].karma;
  return card(
    "Karma",
    `what links have earned: ${share(total)} by ${number(neurons)} ` +
      `${neurons === 1 ? "neuron" : "neurons"}, ${age(age_ms)} old`,
    make(
      "ol",
      { class: "list" },
      items.map(({ neuron, karma }) =>
        neuronRow(neuron, karma / most, share(karma))
      ),
    ),
  );
}
