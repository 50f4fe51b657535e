/** The bus's thread: the C library and nothing else. */
import { tellReach } from "../../../../hal/hosted/testing/reach.ts";
import { Libc } from "../libc.ts";

tellReach(() => new Libc().close(new Libc().eventfd()));
