/** The driver's thread: a GPU and nothing else. */
import { tellReach } from "../../../../hal/hosted/testing/reach.ts";

tellReach(() => navigator.gpu.requestAdapter());
