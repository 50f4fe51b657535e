/** The driver on qemu-nbd. */
import { programSubject } from "./programs.ts";

export const subject = programSubject("qemu-nbd");
