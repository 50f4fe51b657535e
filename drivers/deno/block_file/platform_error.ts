/** Reads what the platform said about a failed file operation. */

/** ENOSPC, EDQUOT, EFBIG, and what Windows says for a full disk. */
const NO_ROOM = new Set(["ENOSPC", "EDQUOT", "EFBIG"]);
const NO_ROOM_TEXT = /os error (28|122|27|112)\)/;
const NOT_WRITABLE = new Set(["EROFS", "EACCES", "EPERM"]);

/** Whether the platform had no room. */
export function isNoRoom(error: unknown): boolean {
  return NO_ROOM.has(codeOf(error)) || NO_ROOM_TEXT.test(reasonOf(error));
}

/** Whether the platform does not let us write there. */
export function isNotWritable(error: unknown): boolean {
  return NOT_WRITABLE.has(codeOf(error)) ||
    error instanceof Deno.errors.PermissionDenied ||
    error instanceof Deno.errors.NotCapable ||
    /os error 30\)/.test(reasonOf(error));
}

/** The platform's own words. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : "";
}
