/** The driver as the block suite wants it: on a server of the test's own. */
import {
  BLOCK_GEOMETRY,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import { openBlockNbd } from "../open.ts";
import { TestServer } from "./server.ts";

/** A server that is there answers within any time; one that is gone never. */
export const RECONNECT_MS = 100;
export const OPERATION_MS = 60_000;

/** Each opening is a new worker. */
const CRASH_STATES = 4;

/** One for all fixtures; each finds an empty disk. */
let shared: TestServer | undefined;

export const subject: BlockSubject = {
  contract: "block",
  async make() {
    const server = shared ??= await TestServer.start({});
    await server.tell({ size: BLOCK_GEOMETRY.capacity, listen: true });
    const open = (readOnly: boolean) =>
      openBlockNbd(server.uri, {
        ...BLOCK_GEOMETRY,
        readOnly,
        operationMs: OPERATION_MS,
        reconnectMs: RECONNECT_MS,
      });
    let device = open(false);
    return {
      device,
      reopen({ readOnly }) {
        device.close();
        return device = open(readOnly);
      },
      async crash() {
        device.abort();
        await server.tell({ listen: false, forget: true });
        await server.tell({ listen: true });
        return device = open(false);
      },
      faults: { failNext: (fail) => server.tell({ fail }) },
      recording: {
        octets: BLOCK_GEOMETRY.capacity,
        statesMax: CRASH_STATES,
        take: () => server.seen(),
        async openOn(octets) {
          device.abort();
          await server.tell({ hold: octets });
          return device = open(false);
        },
      },
      outage: {
        begin: () => server.tell({ listen: false, forget: true }),
        end: () => server.tell({ listen: true }),
      },
      dispose: () => device.abort(),
    };
  },
  async end() {
    await shared?.stop();
    shared = undefined;
  },
};
