/** The driver's thread: its server, and nothing else. */
import { tellReach } from "../../../../hal/hosted/testing/reach.ts";

tellReach(async (address) => {
  const answer = await fetch(new URL("/v2/health/ready", String(address)));
  await answer.body?.cancel();
});
