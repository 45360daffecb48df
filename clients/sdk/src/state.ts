/** Something that changes: an immutable snapshot, the same object until it changes. */
export interface Readable<T> {
  /** How it is now. */
  getSnapshot: () => T;
  /** Calls back after each change, until what it answers is called. */
  subscribe: (listener: () => void) => () => void;
}

export interface State<T> extends Readable<T> {
  set: (value: T) => void;
}

/** A snapshot that is made when it is asked for. */
export interface View<T> extends Readable<T> {
  /** What it is made from has changed. */
  changed: () => void;
}

export function createState<T>(value: T): State<T> {
  const view = createView(() => value);
  return {
    ...view,
    set(next) {
      value = next;
      view.changed();
    },
  };
}

export function createView<T>(make: () => T): View<T> {
  const listeners = new Set<() => void>();
  let made: { snapshot: T } | undefined;
  return {
    getSnapshot() {
      made ??= { snapshot: make() };
      return made.snapshot;
    },
    subscribe(listener) {
      // A function of its own, so that the same listener can be there twice.
      const call = () => listener();
      listeners.add(call);
      return () => listeners.delete(call);
    },
    changed() {
      made = undefined;
      for (const call of [...listeners]) call();
    },
  };
}
