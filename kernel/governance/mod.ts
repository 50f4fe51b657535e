/** Proposals, policy, audit and the governance service: the public surface. */
export * from "./arguments.ts";
export * from "./attachment.ts";
export * from "./audit.ts";
export * from "./audit_head.ts";
export * from "./audit_record.ts";
export * from "./bundle.ts";
export * from "./executor.ts";
export * from "./governance.ts";
export * from "./installed.ts";
export * from "./judge.ts";
export * from "./limits.ts";
export * from "./policy.ts";
export * from "./policy_change.ts";
export * from "./proposal.ts";
export * from "./record.ts";
export * from "./refusals.ts";
export * from "./stored.ts";
