/** Names a pair of users, whichever comes first: a direct room has one for ever. */
export function pairOf(...users: [string, string]): string {
  return users.toSorted().join(":");
}

/** The users of a pair; of one who is alone, twice the same. */
export function usersOf(pair: string): string[] {
  return pair.split(":");
}
