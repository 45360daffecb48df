/**
 * The size of an `LRUCache` of so many entries, whose room is taken as they come: with `max` the cache
 * takes all of it beforehand, a megabyte for 50,000.
 */
export const upTo = (entries: number) => ({ maxSize: entries, sizeCalculation: () => 1 });
