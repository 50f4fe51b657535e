/**
 * The page: one document with its style and script inside.
 *
 * The policy names the two inline parts by their hashes and allows nothing else
 * but questions to this server; so text from the graph cannot run.
 */
import { createHash } from "node:crypto";

export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

/** Puts the files together, all scripts into one; called once, when a server starts. */
export function loadPage(): Page {
  const read = (name: string) =>
    Deno.readTextFileSync(new URL(`page/${name}`, import.meta.url));
  // page.js comes last: what it does when it is loaded uses the others' constants.
  const script = read("explain.js") + read("ranks.js") +
    read("names.js") + read("page.js");
  return composePage(read("index.html"), read("page.css"), script);
}

export function composePage(
  html: string,
  style: string,
  script: string,
): Page {
  const whole = html
    .replace("<!--style-->", () => `<style>${style}</style>`)
    .replace("<!--script-->", () => `<script type="module">${script}</script>`);
  const policy = [
    "default-src 'none'",
    `style-src ${hashSource(style)}`,
    `script-src ${hashSource(script)}`,
    "connect-src 'self'",
    "img-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ].join("; ");
  return {
    html: whole,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": policy,
      "cache-control": "no-cache",
    },
  };
}

function hashSource(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
