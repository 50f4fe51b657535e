/**
 * Finds the WIT packages and turns one world into one text that the embedder understands.
 */

/** One `.wit` file. */
export interface WitFile {
  readonly path: string;
  readonly text: string;
}

/** All files of one package, joined. */
export interface WitPackage {
  /** `karyon:graph@0.1.0`. */
  readonly name: string;
  readonly body: string;
  /** Names of its interfaces. */
  readonly interfaces: readonly string[];
  readonly paths: readonly string[];
}

const HEAD = /^\s*(?:\/\/[^\n]*\n\s*)*package\s+([a-z0-9:@.\-+]+)\s*;/;

/** Groups files by package; a file without a package line is refused. */
export function packagesOf(files: readonly WitFile[]): readonly WitPackage[] {
  const byName = new Map<string, { bodies: string[]; paths: string[] }>();
  for (const { path, text } of files) {
    const head = HEAD.exec(text);
    if (head === null) throw new Error(`${path}: no package line`);
    const name = head[1] as string;
    const found = byName.get(name) ?? { bodies: [], paths: [] };
    found.bodies.push(text.slice(head[0].length));
    found.paths.push(path);
    byName.set(name, found);
  }
  return [...byName].map(([name, { bodies, paths }]) => {
    const body = bodies.join("\n");
    const interfaces = [...body.matchAll(/^\s*interface\s+([\w-]+)/gm)]
      .map((match) => match[1] as string);
    return { name, body, interfaces, paths };
  });
}

/** The full name of an interface of a package. */
export function fullName(pack: string, iface: string): string {
  const [name, version] = pack.split("@");
  return `${name}/${iface}${version === undefined ? "" : `@${version}`}`;
}

/** A world's text with all packages after it. */
export function worldSource(
  head: string,
  packages: readonly WitPackage[],
): string {
  const nested = packages.map(({ name, body }) =>
    `package ${name} {\n${body}\n}\n`
  );
  return `${head}\n${nested.join("\n")}`;
}

/** A world that imports every interface there is, to see all contracts at once. */
export function everything(packages: readonly WitPackage[]): string {
  const imports = packages.flatMap((pack) =>
    pack.interfaces.map((one) => `  import ${fullName(pack.name, one)};`)
  );
  return worldSource(
    `package karyon:everything;\nworld everything {\n${
      imports.join("\n")
    }\n}\n`,
    packages,
  );
}
