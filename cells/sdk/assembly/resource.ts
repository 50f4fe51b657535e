/**
 * Resources in a cell: handles to what others own, and objects of its own that others hold.
 *
 * Rely on: an `Imported` has a handle until it is given away or dropped; using it after that aborts. One that was
 * borrowed for a call is dropped when the call ends, so do not keep it.
 * The class of a resource that a cell exports extends `Exported`. An object stays alive while anybody holds it. An object
 * that comes in as an owned argument belongs to the cell again: keep it, return it, or end it with the generated
 * `drop…` function.
 */

/** A resource of somebody else. */
export abstract class Imported {
  /** 0 once given away or dropped. */
  handle: i32 = 0;

  abstract drop(): void;
}

/** A resource that this cell defines. */
export class Exported {
  /** Place in `Reps`; 0 while only the cell knows the object. */
  rep: i32 = 0;
  /** The cell's own handle, while it owns the object again; else 0. */
  handle: i32 = 0;

  /** Called when the last holder drops the object. Override it to release what the object keeps. */
  dropped(): void {}
}

/** Objects that others hold, by number. */
export class Reps<T extends Exported> {
  private readonly objects: Array<T | null> = [null];
  private readonly free: Array<i32> = [];

  add(object: T): i32 {
    const at = this.free.length > 0 ? this.free.pop() : this.objects.length;
    if (at == this.objects.length) this.objects.push(object);
    else this.objects[at] = object;
    object.rep = at;
    return at;
  }

  at(rep: i32): T {
    assert(rep > 0 && rep < this.objects.length);
    const found = this.objects[rep];
    assert(found != null);
    return found!;
  }

  remove(rep: i32): T {
    const found = this.at(rep);
    this.objects[rep] = null;
    this.free.push(rep);
    found.rep = 0;
    return found;
  }
}

const borrowed: Array<Imported> = [];

/** Notes a handle that ends with the current call. */
export function noteBorrow(object: Imported): void {
  borrowed.push(object);
}

/** Drops what was borrowed for the call and not dropped by the author. */
export function dropBorrows(): void {
  while (borrowed.length > 0) {
    const object = borrowed.pop();
    if (object.handle != 0) object.drop();
  }
}
