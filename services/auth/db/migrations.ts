import { sql } from "kysely";
import type { Logger } from "#common/log.ts";
import { type Migrations, migrate } from "#common/migrations.ts";
import { openPostgres } from "#common/postgres.ts";
import { databaseRefusal, isDatabaseLost } from "#common/postgres-errors.ts";
import { waitForDatabase } from "#common/wait-for-database.ts";
import { type AuthDatabase, schema } from "./tables.ts";

export const migrations: Migrations = {
  first: {
    "0001_users_and_sessions": {
      async up(db) {
        await sql`
        create table auth.users (
          id bigint generated always as identity primary key,
          username text not null,
          username_key text not null constraint users_username_key unique,
          email text not null,
          email_key text not null constraint users_email_key unique,
          first_name text not null,
          last_name text not null,
          password_hash text not null,
          password_version integer not null default 1,
          created_at timestamptz not null default now(),
          updated_at timestamptz not null default now()
        )`.execute(db);
        await sql`
        create table auth.sessions (
          id uuid primary key,
          user_id bigint not null references auth.users (id) on delete cascade,
          device text,
          refresh_hash text not null,
          refresh_expires_at timestamptz not null,
          previous_hash text,
          replaced_at timestamptz,
          rotations integer not null default 0,
          rotations_since timestamptz,
          created_at timestamptz not null default now(),
          last_used_at timestamptz not null default now(),
          ends_at timestamptz not null,
          ended_at timestamptz
        )`.execute(db);
        await sql`create index sessions_by_user on auth.sessions (user_id)`.execute(db);
        await sql`create index sessions_by_expiry on auth.sessions (refresh_expires_at)`.execute(
          db,
        );
        await sql`
        create table auth.refresh_tokens (
          hash text primary key,
          session_id uuid not null references auth.sessions (id) on delete cascade,
          expires_at timestamptz not null
        )`.execute(db);
        await sql`create index refresh_tokens_by_session on auth.refresh_tokens (session_id)`.execute(
          db,
        );
        await sql`create index refresh_tokens_by_expiry on auth.refresh_tokens (expires_at)`.execute(
          db,
        );
      },
    },
    "0002_revocations": {
      async up(db) {
        await sql`
        create table auth.revocations (
          id bigint generated always as identity primary key,
          session_id uuid,
          changed_user_id bigint,
          created_at timestamptz not null default clock_timestamp(),
          check ((session_id is null) <> (changed_user_id is null))
        )`.execute(db);
        await sql`create index revocations_by_time on auth.revocations (created_at)`.execute(db);
        await sql`
        create table auth.revocation_horizon (
          is_only_row boolean primary key default true check (is_only_row),
          pruned_through bigint not null default 0
        )`.execute(db);
        await sql`insert into auth.revocation_horizon default values`.execute(db);
      },
    },
    "0003_signing_keys": {
      async up(db) {
        await sql`
        create table auth.signing_keys (
          kid text primary key,
          public_key text not null,
          sealed_private_key text not null,
          created_at timestamptz not null default clock_timestamp(),
          signs_from timestamptz not null
        )`.execute(db);
      },
    },
    "0004_known_clients": {
      async up(db) {
        await sql`
        create table auth.known_clients (
          user_id bigint not null references auth.users (id) on delete cascade,
          client text not null,
          seen_at timestamptz not null default now(),
          primary key (user_id, client)
        )`.execute(db);
        await sql`create index known_clients_by_time on auth.known_clients (seen_at)`.execute(db);
      },
    },
  },
  later: {
    "0005_show_presence": {
      async up(db) {
        await sql`
        alter table auth.users add column show_presence boolean not null default true`.execute(db);
      },
    },
    "0006_renames": {
      async up(db) {
        await sql`alter table auth.revocations add column is_renamed boolean`.execute(db);
      },
    },
  },
};

/**
 * Brings the database up to date, and waits some 10 s for a server that isn't there yet.
 * @throws StartError where the server stays away or refuses
 */
export async function migrateDatabase(url: string, log: Logger): Promise<void> {
  // A pool of its own: building an index takes longer than a statement of a request may.
  await using postgres = openPostgres<AuthDatabase>(schema, {
    url,
    log,
    size: 2,
    statementTimeoutMs: 60_000,
  });
  const needed = {
    name: "PostgreSQL",
    setting: "DATABASE_URL",
    host: new URL(url).host || "its socket",
    open: () => migrate(postgres, schema, migrations),
    refusal: databaseRefusal,
    isAway: isDatabaseLost,
  };
  await waitForDatabase(needed, log);
}
