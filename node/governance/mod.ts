/** Where governance keeps its files: the public surface. */
export * from "./audit_file.ts";
export * from "./proposal_files.ts";
