/** The driver's thread: its library, and nothing else. */
import { tellReach } from "../../../../hal/hosted/testing/reach.ts";
import { loadLibrary } from "../library.ts";

tellReach(() => loadLibrary());
