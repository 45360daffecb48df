import type { Manifest } from "./manifest.ts";

/** What a backup holds, in a line and for programs. */
export function summaryOf({ id, contract, takenAt, tables }: Manifest) {
  const rows = tables.reduce((sum, it) => sum + it.rows, 0);
  const bytes = tables.reduce((sum, it) => sum + it.bytes, 0);
  const size = `${(bytes / 1024 / 1024).toFixed(1)} MiB unpacked`;
  return {
    text: `${rows.toLocaleString("en")} rows of ${tables.length} tables, ${size}, contract ${contract}, taken at ${takenAt}`,
    json: { id, contract, takenAt, tables: tables.length, rows, bytes },
  };
}
