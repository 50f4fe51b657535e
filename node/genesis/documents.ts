/**
 * Finds the documents of the genesis graph under the project's root.
 *
 * `GLOSSARY.md`, `README.md`, `ARCHITECTURE.md` and everything in `docs/`, in
 * one order; what is missing is left out. Needs the permission to read them.
 */
import type { Document } from "./genesis.ts";

const TOP = ["GLOSSARY.md", "README.md", "ARCHITECTURE.md"];
const FOLDER = "docs";
/** Our own documents are far shorter; what is longer is not one of them. */
const DOCUMENT_OCTETS_MAX = 256 * 1024;
const DEPTH_MAX = 8;

/** The documents under `root` (a folder's URL that ends with `/`). */
export async function genesisDocuments(root: URL): Promise<Document[]> {
  const paths = [...TOP, ...(await list(root, FOLDER, 0)).sort()];
  const documents: Document[] = [];
  for (const path of paths) {
    const text = await readText(new URL(path, root));
    if (text !== undefined) documents.push({ path, text });
  }
  return documents;
}

async function list(root: URL, folder: string, depth: number) {
  const paths: string[] = [];
  if (depth > DEPTH_MAX) return paths;
  try {
    for await (const entry of Deno.readDir(new URL(folder, root))) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) paths.push(...await list(root, path, depth + 1));
      else if (entry.isFile && path.endsWith(".md")) paths.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return paths;
}

async function readText(url: URL): Promise<string | undefined> {
  try {
    const text = await Deno.readTextFile(url);
    return text.length <= DOCUMENT_OCTETS_MAX ? text : undefined;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
