/** What a member keeps for the set that it is in: its place there, or −1. */
export interface Member {
  place: number;
}

/**
 * For what comes and goes with every call. In the place of V8's own `Set` and `Map`, which keep
 * what was deleted from them, with all that it refers to, until the next major collection.
 */
export class UnorderedSet<T extends Member> {
  readonly #members: T[] = [];

  add(member: T): void {
    member.place = this.#members.push(member) - 1;
  }

  /** Does nothing for one that isn't in it. */
  delete(member: T): void {
    if (member.place < 0) return;
    const last = this.#members.pop();
    if (last && last !== member) {
      this.#members[member.place] = last;
      last.place = member.place;
    }
    member.place = -1;
  }

  /** A copy, so that members may leave while it is gone through. */
  list(): T[] {
    return [...this.#members];
  }
}
