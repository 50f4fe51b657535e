/** The driver on nbdkit, with its error filter. */
import { programSubject } from "./programs.ts";

export const subject = programSubject("nbdkit");
