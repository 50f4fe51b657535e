/**
 * A run as one page that needs nothing else: no script, no network.
 *
 * What failed stands first and open: the promise in the contract's own words,
 * what was seen, the seed, and the command that shows it again.
 */
import { GROUPS, type Measure } from "./case.ts";
import { xmlText } from "./markup.ts";
import {
  commandOf,
  evidenceOf,
  placeOf,
  type Report,
  totalsLine,
  totalsOf,
} from "./report.ts";
import { isRed, type Result, type Verdict } from "./run.ts";
import { REPORT_STYLE } from "./style.ts";

const WORDS: Readonly<Record<Verdict, string>> = {
  "passed": "passed",
  "failed": "failed",
  "left-out": "left out",
  "known-failure": "known to fail",
  "unexpected-pass": "passed unexpectedly",
};

export function html(report: Report): string {
  const totals = totalsOf(report.results);
  const good = totals.failed === 0;
  const title = `${report.driver}: ${report.contract}`;
  const red = report.results.filter(({ verdict }) => isRed(verdict));
  return [
    `<!doctype html>`,
    `<html lang="en"><head><meta charset="utf-8">`,
    `<meta name="viewport" content="width=device-width, initial-scale=1">`,
    `<title>${
      xmlText(title)
    }</title><style>${REPORT_STYLE}</style></head><body>`,
    `<header class="${good ? "good" : "bad"}"><p>conformance report</p>`,
    `<h1>${xmlText(report.driver)}</h1>`,
    `<p class="verdict">${good ? "conforms to" : "does not conform to"} <b>${
      xmlText(report.contract)
    }</b>: ${xmlText(totalsLine(totals))}</p>`,
    `<dl><dt>contract</dt><dd>${xmlText(report.wit)}</dd><dt>platform</dt><dd>${
      xmlText(report.platform)
    }</dd><dt>seed</dt><dd>${report.seed}</dd></dl></header><main>`,
    ...(red.length === 0 ? [] : [
      `<section><h2>What broke</h2>`,
      ...red.map((result) => caseItem(report, result, true)),
      `</section>`,
    ]),
    ...GROUPS.map((group) => groupSection(report, group)),
    profileSection(report.profile),
    `</main></body></html>`,
    ``,
  ].filter((line) => line !== "").join("\n") + "\n";
}

function groupSection(report: Report, group: string): string {
  const results = report.results.filter((result) => result.group === group);
  if (results.length === 0) return "";
  const passed = results.filter(({ verdict }) => verdict === "passed").length;
  return [
    `<section><h2>${group} <span>${passed} of ${results.length}</span></h2>`,
    ...results.map((result) => caseItem(report, result, false)),
    `</section>`,
  ].join("\n");
}

function caseItem(report: Report, result: Result, open: boolean): string {
  const { verdict, claim, id, promise } = result;
  const words = report.promises.get(promise)?.text ?? "";
  const evidence = evidenceOf(result);
  return [
    `<details class="${verdict}"${open ? " open" : ""}><summary><i>${
      WORDS[verdict]
    }</i> ${xmlText(claim)}</summary>`,
    `<p class="label">promise <code>${
      xmlText(placeOf(report, promise))
    }</code></p>`,
    words === "" ? "" : `<blockquote>${xmlText(words)}</blockquote>`,
    evidence === ""
      ? ""
      : `<p class="label">evidence</p><pre>${xmlText(evidence)}</pre>`,
    reasonLine(result),
    `<p class="label">case <code>${xmlText(id)}</code>, seed ${report.seed}, ${
      result.ms.toFixed(1)
    } ms; run it again:</p><pre>${xmlText(commandOf(report, result))}</pre>`,
    `</details>`,
  ].filter((line) => line !== "").join("\n");
}

function reasonLine({ reason, link }: Result): string {
  if (reason === undefined) return "";
  const more = link === undefined
    ? ""
    : ` <a href="${xmlText(link)}" rel="noreferrer">${xmlText(link)}</a>`;
  return `<p class="label">reason</p><p>${xmlText(reason)}${more}</p>`;
}

function profileSection(profile: ReadonlyArray<Measure>): string {
  if (profile.length === 0) return "";
  const rows = profile.map((one) => {
    const { what, operations, p50_us, p99_us, max_us, octets } = one;
    const rate = octets === 0 || p50_us === 0
      ? ""
      : `${(octets / p50_us / 1.048576).toFixed(1)} MiB/s`;
    const cells = [p50_us, p99_us, max_us].map((us) =>
      `<td>${us.toFixed(1)} µs</td>`
    ).join("");
    return `<tr><th>${
      xmlText(what)
    }</th><td>${operations}</td>${cells}<td>${rate}</td></tr>`;
  });
  return [
    `<section><h2>profile <span>measured, not judged</span></h2><table>`,
    `<tr><th>operation</th><th>times</th><th>p50</th><th>p99</th><th>max</th><th>rate at p50</th></tr>`,
    ...rows,
    `</table></section>`,
  ].join("\n");
}
