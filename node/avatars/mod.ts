/** Statements that neurons belong to one avatar: the public surface. */
export { drawUp, type Outline, signStatement } from "./draw_up.ts";
export {
  decodeStatement,
  EDITION_END,
  encodeStatement,
  encodeStatementBody,
  type Hand,
  NEURONS_MAX,
  NO_PREVIOUS,
  signersOf,
  type Statement,
  STATEMENT_OCTETS_MAX,
  type StatementBody,
  TIME_END,
} from "./statement.ts";
export {
  laterOf,
  NotStated,
  readStatement,
  REASONS,
  type Stated,
  statedBy,
  verifyStatement,
} from "./verify.ts";
