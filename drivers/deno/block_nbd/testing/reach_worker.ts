/** The driver's thread: the server's port and nothing else. */
import { tellReach } from "../../../../hal/hosted/testing/reach.ts";

tellReach(async (port) => {
  const address = { hostname: "127.0.0.1", port: Number(port) };
  (await Deno.connect(address)).close();
});
