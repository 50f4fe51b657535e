/** Files made from a template, as `new:cell` and `new:driver` write them. */

/** Of each file the path in the template and where it goes, to be filled. */
export type TemplateFiles = readonly (readonly [from: string, to: string])[];

/** Writes the files under `root`, never over one; gives their paths there. */
export function writeTemplate(
  template: URL,
  files: TemplateFiles,
  root: string,
  fill: (text: string) => string,
): readonly string[] {
  return files.map(([from, to]) => {
    const path = fill(to);
    const target = `${root}/${path}`;
    Deno.mkdirSync(target.slice(0, target.lastIndexOf("/")), {
      recursive: true,
    });
    const text = Deno.readTextFileSync(new URL(from, template));
    Deno.writeTextFileSync(target, fill(text), { createNew: true });
    return path;
  });
}

export function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
