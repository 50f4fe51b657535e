/** A process that says what it may do, or waits for ever. */
import { readJson, reply } from "../process_io.ts";

const { wait } = await readJson<{ wait?: boolean }>(1000);
if (wait === true) await new Promise(() => setInterval(() => {}, 1000));
const state = (descriptor: Deno.PermissionDescriptor) =>
  Deno.permissions.querySync(descriptor).state;
reply({
  read: state({ name: "read" }),
  write: state({ name: "write" }),
  net: state({ name: "net" }),
  run: state({ name: "run" }),
  env: state({ name: "env" }),
  ffi: state({ name: "ffi" }),
  own: state({ name: "read", path: new URL(import.meta.url) }),
});
