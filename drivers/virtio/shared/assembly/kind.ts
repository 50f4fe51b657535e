/**
 * What a kind of device is, as far as all virtio drivers have to know.
 *
 * A driver makes one, for its device alone; nothing here changes.
 */
export class Kind {
  constructor(
    /** Its number (section 5), and what it is called. */
    public number: u32,
    public name: string,
    /** Features that are accepted where they are offered. */
    public wanted: u64,
    /** Entries of the smallest queue that holds a request. */
    public entriesLeast: u32,
    /** Descriptors of the longest request. */
    public chainMost: u32,
    /** Takes note of what the device says of itself; empty, or why that will not do. */
    public configure: () => string,
  ) {}
}
