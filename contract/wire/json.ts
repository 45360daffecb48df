/** The deepest free-form JSON that is looked into at all; contracts ask for less. */
const maxDepth = 100;

/** Faults that an answer names at most: it must not be many times the size of the request. */
export const maxFaults = 50;

const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"]);

/** Whether a value is an object as `JSON.parse` makes them: no array, no buffer, no date. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What keeps a text from being stored and sent as it came in; undefined if nothing does. */
export function textFault(text: string): string | undefined {
  if (text.includes("\0")) return "must not contain NUL";
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  return undefined;
}

/**
 * What keeps a value from being stored and sent as JSON; undefined if nothing does.
 * Keys that reach into prototypes are refused, for clients that merge objects carelessly.
 * @param depth levels of objects and arrays allowed, the outermost counted
 */
export function jsonFault(value: unknown, depth = maxDepth): string | undefined {
  if (value === null || typeof value === "boolean") return undefined;
  if (typeof value === "string") return textFault(value);
  if (typeof value === "number")
    return Number.isFinite(value) ? undefined : "must be finite numbers";
  if (depth === 0) return "is nested too deeply";
  if (Array.isArray(value)) return firstFault(value, (item) => jsonFault(item, depth - 1));
  if (!isPlainObject(value)) return "must be JSON";
  return firstFault(Object.keys(value), (key) =>
    forbiddenKeys.has(key)
      ? `must not have the key ${key}`
      : (textFault(key) ?? jsonFault(value[key], depth - 1)),
  );
}

function firstFault<T>(items: T[], faultOf: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault) return fault;
  }
  return undefined;
}
