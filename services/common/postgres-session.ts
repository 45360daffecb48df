import type { ClientBase } from "pg";
import { budgets } from "./budgets.ts";
import { StartError } from "./lifecycle.ts";

/**
 * What a promise or a parser of ours rests on. The owner of a database or a role may have set any
 * of it otherwise, and a URL can, so each session sets it for itself.
 */
export const sessionSettings: Readonly<Record<string, string>> = {
  // What is acknowledged is on disk.
  synchronous_commit: "on",
  default_transaction_isolation: "read committed",
  default_transaction_read_only: "off",
  default_transaction_deferrable: "off",
  // Rows go with what they belong to.
  session_replication_role: "origin",
  row_security: "on",
  // The forms in which values come and go.
  client_encoding: "UTF8",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  bytea_output: "hex",
  extra_float_digits: "1",
  xmlbinary: "base64",
  // How statements are read.
  search_path: "",
  standard_conforming_strings: "on",
  backslash_quote: "safe_encoding",
  array_nulls: "on",
  transform_null_equals: "off",
  quote_all_identifiers: "off",
  // All statements are named, and none gains by plans of its own for each call; left to itself
  // PostgreSQL goes on planning some anew, at more than the cost of running them.
  plan_cache_mode: "force_generic_plan",
  // As for memory and SSDs. With the default, for disks that turn, small tables are read whole.
  random_page_cost: "1.1",
  // Where and how tables and passwords are made.
  default_tablespace: "",
  temp_tablespaces: "",
  default_table_access_method: "heap",
  check_function_bodies: "on",
  password_encryption: "scram-sha-256",
  // When a statement or a session ends that isn't over.
  statement_timeout: "0",
  lock_timeout: "0",
  transaction_timeout: "0",
  idle_session_timeout: "0",
  idle_in_transaction_session_timeout: `${budgets.database.idleInTransaction}ms`,
  exit_on_error: "off",
};

/**
 * Makes the settings of a session ours. What is so already isn't touched, for some of it only a
 * superuser may set; what a server of an earlier version doesn't know is left out.
 * @param own further ones, such as another time limit
 * @throws StartError where the role may not set what somebody has set for it otherwise
 */
export async function prepareSession(
  client: ClientBase,
  own: Readonly<Record<string, string>> = {},
): Promise<void> {
  const wanted = Object.entries({ ...sessionSettings, ...own });
  const values = wanted.map(([name, value]) => `('${name}', '${value}')`).join(", ");
  // A limit that others have set must not end what takes it away.
  const text = `set statement_timeout = 0;
    select pg_catalog.set_config(name, value, false) from (values ${values}) as wanted(name, value)
    where pg_catalog.current_setting(name, true) <> value`;
  try {
    await client.query(text);
  } catch (error) {
    const isForbidden = error instanceof Error && "code" in error && error.code === "42501";
    if (!isForbidden) throw error;
    throw new StartError(
      `PostgreSQL sets for this role or database what it may not set back (${error.message}): ` +
        "take that away (alter role … reset …), or check DATABASE_URL",
      { cause: error },
    );
  }
}
