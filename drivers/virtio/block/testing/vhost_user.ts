/** The driver as the block suite wants it: on qemu-storage-daemon. */
import {
  BLOCK_GEOMETRY,
  type BlockSubject,
} from "../../../../conformance/hal/block/case.ts";
import type { Cache } from "../../../../hal/component/driver_engine.ts";
import { openVhostUser } from "../../../deno/vhost_user/open.ts";
import { absent, Daemon } from "./daemon.ts";
import { driverComponent } from "./rig.ts";

/** A back end that is there answers within any time; one that is gone never. */
export const RESET_MS = 200;
export const OPERATION_MS = 60_000;

const kept = new Map<string, Uint8Array>();
/** All devices are driven by one component: it is compiled once. */
export const cache: Cache = {
  get: (key) => Promise.resolve(kept.get(key)?.slice()),
  put(key, octets) {
    kept.set(key, octets.slice());
    return Promise.resolve();
  },
};

export const subject: BlockSubject = {
  contract: "block",
  absent,
  async make() {
    const daemon = new Daemon(BLOCK_GEOMETRY.capacity);
    await daemon.start();
    const { blockSize, transferMax } = BLOCK_GEOMETRY;
    const open = (readOnly: boolean) =>
      openVhostUser(daemon.socket, {
        component: driverComponent(),
        cache,
        blockSize,
        transferMax,
        readOnly,
        operationMs: OPERATION_MS,
        resetMs: RESET_MS,
      });
    let device = await open(false);
    return {
      device,
      async reopen({ readOnly }) {
        device.close();
        return device = await open(readOnly);
      },
      async crash() {
        device.abort();
        await daemon.kill();
        await daemon.start();
        return device = await open(false);
      },
      outage: { begin: () => daemon.kill(), end: () => daemon.start() },
      async dispose() {
        device.abort();
        await daemon.end();
      },
    };
  },
};
