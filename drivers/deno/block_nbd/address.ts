/**
 * Where an NBD server is: `nbd://HOST[:PORT]/EXPORT` or
 * `nbd+unix:///EXPORT?socket=PATH`, and the permissions that reaching it takes.
 */

const PORT_DEFAULT = 10_809;
const EXPORT_CHARS_MAX = 4096;

export type Address =
  & { readonly exportName: string }
  & (
    | { readonly kind: "tcp"; readonly host: string; readonly port: number }
    | { readonly kind: "unix"; readonly path: string }
  );

/** The address, or what is wrong with the text. */
export function readAddress(uri: string): Address | string {
  if (!URL.canParse(uri)) return `${uri} is no address`;
  const { protocol, hostname, port, pathname, searchParams } = new URL(uri);
  let exportName: string;
  try {
    exportName = decodeURIComponent(pathname.replace(/^\//, ""));
  } catch {
    return `${uri} has a broken export name`;
  }
  if (exportName.length > EXPORT_CHARS_MAX) {
    return "the export name is too long";
  }
  if (protocol === "nbd:" && hostname !== "") {
    const host = hostname.replace(/^\[|\]$/g, "");
    const number = port === "" ? PORT_DEFAULT : Number(port);
    return { kind: "tcp", exportName, host, port: number };
  }
  const path = searchParams.get("socket");
  if (protocol === "nbd+unix:" && path !== null && path !== "") {
    return { kind: "unix", exportName, path };
  }
  return `${uri} is not like nbd://host:10809/export or nbd+unix:///export?socket=/path`;
}

/** Exactly what the driver's thread needs, and nothing else. */
export function permissionsFor(address: Address): Deno.PermissionOptionsObject {
  const none = {
    env: false,
    ffi: false,
    import: false,
    run: false,
    sys: false,
  } as const;
  if (address.kind === "tcp") {
    const host = address.host.includes(":")
      ? `[${address.host}]`
      : address.host;
    return {
      ...none,
      net: [`${host}:${address.port}`],
      read: false,
      write: false,
    };
  }
  const { path } = address;
  return { ...none, net: [`unix:${path}`], read: [path], write: [path] };
}

export async function connect(address: Address): Promise<Deno.Conn> {
  if (address.kind === "unix") {
    return await Deno.connect({ transport: "unix", path: address.path });
  }
  const { host, port } = address;
  const conn = await Deno.connect({ hostname: host, port });
  // A request leaves at once; else it waits for the answer to the one before.
  conn.setNoDelay();
  return conn;
}
