/**
 * Finds the modules in a script of the official test suite.
 *
 * Deliberately absent: the assertions. Whoever compares two forms of one module
 * needs none.
 */

/** The top-level forms of a `.wast` text, comments skipped. */
export function* formsOf(text: string): Generator<string> {
  let depth = 0;
  let start = 0;
  let at = 0;
  while (at < text.length) {
    const two = text.slice(at, at + 2);
    if (two === ";;") {
      at = endOfLine(text, at);
    } else if (two === "(;") {
      at = endOfComment(text, at);
    } else if (text[at] === '"') {
      at = endOfString(text, at);
    } else {
      if (text[at] === "(" && depth++ === 0) start = at;
      if (text[at] === ")" && --depth === 0) yield text.slice(start, at + 1);
      at += 1;
    }
  }
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function endOfComment(text: string, from: number): number {
  let depth = 0;
  let at = from;
  do {
    const two = text.slice(at, at + 2);
    if (two === "(;") depth += 1;
    if (two === ";)") depth -= 1;
    at += two === "(;" || two === ";)" ? 2 : 1;
  } while (depth > 0 && at < text.length);
  return at;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at + 1;
}

/** The modules of a script as text that a parser of modules takes. */
export function* modulesOf(text: string): Generator<string> {
  for (const form of formsOf(text)) {
    if (!/^\(module\b/.test(form)) continue;
    if (/^\(module\s+(\$\S+\s+)?(instance|quote)\b/.test(form)) continue;
    yield form.replace(/^\(module\s+definition\b/, "(module");
  }
}
