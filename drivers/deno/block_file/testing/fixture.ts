/** The driver as the block suite wants it: over a file in a temporary folder. */
import {
  BLOCK_GEOMETRY,
  type BlockFactory,
} from "../../../../conformance/hal/block/case.ts";
import { openBlockFile } from "../open.ts";

export const blockFileFixture: BlockFactory = () => {
  const folder = Deno.makeTempDirSync({ prefix: "karyon-conform-" });
  const path = `${folder}/disk`;
  let device = openBlockFile(path, { ...BLOCK_GEOMETRY, create: true });
  return {
    device,
    reopen({ readOnly }) {
      device.close();
      device = openBlockFile(path, { ...BLOCK_GEOMETRY, readOnly });
      return device;
    },
    dispose() {
      device.close();
      Deno.removeSync(folder, { recursive: true });
    },
  };
};
