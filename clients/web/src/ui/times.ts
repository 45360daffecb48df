const locale = undefined;
// By the same pattern as in `full`: with an `hour` of its own it has a zero less in some languages.
const time = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
const day = new Intl.DateTimeFormat(locale, { weekday: "long", day: "numeric", month: "long" });
const dayOfYear = new Intl.DateTimeFormat(locale, { dateStyle: "long" });
const weekday = new Intl.DateTimeFormat(locale, { weekday: "short" });
const shortDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short" });
const full = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeStyle: "short" });
const relative = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });

const dayMs = 24 * 60 * 60_000;

/** 9:41 */
export function clockTime(iso: string): string {
  return time.format(new Date(iso));
}

/** Monday, 3 March 2025 at 9:41 */
export function fullTime(iso: string): string {
  return full.format(new Date(iso));
}

/** Today, Yesterday, Monday, 3 March; with the year, where it isn't this one. */
export function dayName(iso: string): string {
  const date = new Date(iso);
  const days = daysAgo(date);
  if (days === 0 || days === 1) return capitalized(relative.format(-days, "day"));
  return (isThisYear(date) ? day : dayOfYear).format(date);
}

/** As short as can be: the time of today, the day of this week, else the date. */
export function shortTime(iso: string): string {
  const date = new Date(iso);
  const days = daysAgo(date);
  if (days <= 0) return time.format(date);
  return (days < 7 ? weekday : shortDay).format(date);
}

/** 5 minutes ago */
export function ago(iso: string): string {
  const minutes = Math.round((Date.now() - Date.parse(iso)) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return relative.format(-minutes, "minute");
  if (minutes < 24 * 60) return relative.format(-Math.round(minutes / 60), "hour");
  return relative.format(-Math.round(minutes / 60 / 24), "day");
}

export function isSameDay(a: string, b: string): boolean {
  return startOfDay(new Date(a)) === startOfDay(new Date(b));
}

function daysAgo(date: Date): number {
  return Math.round((startOfDay(new Date()) - startOfDay(date)) / dayMs);
}

function startOfDay(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

function isThisYear(date: Date): boolean {
  return date.getFullYear() === new Date().getFullYear();
}

function capitalized(text: string): string {
  return text.charAt(0).toLocaleUpperCase() + text.slice(1);
}
