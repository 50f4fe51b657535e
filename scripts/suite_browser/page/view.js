/**
 * Draws the reports of page.ts, and tells the server when the page itself breaks.
 *
 * Loaded before everything else, so that a script that does not link is seen.
 */
const byId = (id) => document.getElementById(id);
const counts = { planned: 0, passed: 0, failed: 0, skipped: 0 };
const rows = new Map();
let isBroken = false;

function summarize(end) {
  const { planned, passed, failed, skipped } = counts;
  const left = planned - passed - failed - skipped;
  const parts = [`${passed} passed`, `${failed} failed`];
  if (skipped > 0) parts.push(`${skipped} left out`);
  if (left > 0) parts.push(`${left} to come`);
  byId("summary").textContent = parts.join(", ");
  const bad = failed > 0 || isBroken;
  byId("verdict").textContent = bad ? "failed" : end ? "passed" : "running";
  byId("verdict").className = bad ? "bad" : end ? "good" : "";
}

/** Cases of one suite stand together; its name is what comes before the colon. */
function listOf(name) {
  const at = name.indexOf(": ");
  const suite = at < 0 ? "" : name.slice(0, at);
  const id = `suite ${suite}`;
  let list = byId(id);
  if (list === null) {
    const heading = document.createElement("h2");
    heading.textContent = suite;
    list = document.createElement("ol");
    list.id = id;
    byId("cases").append(heading, list);
  }
  return [list, at < 0 ? name : name.slice(at + 2)];
}

function add(name) {
  const [list, text] = listOf(name);
  const row = document.createElement("li");
  const [mark, claim, time] = ["b", "span", "small"].map((tag) =>
    document.createElement(tag)
  );
  mark.textContent = "·";
  claim.textContent = text;
  row.append(mark, claim, time);
  list.append(row);
  rows.set(name, row);
}

function finish({ name, ms, error, skipped }) {
  const row = rows.get(name);
  const [mark, , time] = row.children;
  const ok = error === undefined;
  if (skipped !== undefined) {
    counts.skipped += 1;
    mark.textContent = "–";
    time.textContent = `left out: ${skipped}`;
    return;
  }
  counts[ok ? "passed" : "failed"] += 1;
  row.className = ok ? "good" : "bad";
  mark.textContent = ok ? "✓" : "✗";
  time.textContent = `${Math.round(ms)} ms`;
  if (ok) return;
  const why = document.createElement("pre");
  why.textContent = error;
  row.append(why);
}

function broken(reason) {
  isBroken = true;
  const why = document.createElement("pre");
  why.textContent = reason;
  byId("cases").append(why);
  summarize(true);
  const body = JSON.stringify({ kind: "broken", reason });
  fetch("/report", { method: "POST", body });
}

addEventListener("report", ({ detail }) => {
  if (detail.kind === "plan") {
    byId("agent").textContent = detail.agent;
    counts.planned += detail.names.length;
    for (const name of detail.names) add(name);
  }
  if (detail.kind === "case") finish(detail);
  summarize(detail.kind === "done");
});
addEventListener(
  "error",
  (event) => broken(event.message || "no script"),
  true,
);
addEventListener("unhandledrejection", ({ reason }) => {
  broken(String(reason?.stack ?? reason));
});
