import type { Extensions } from "@electric-sql/pglite";
import { btree_gist } from "@electric-sql/pglite/contrib/btree_gist";
import { citext } from "@electric-sql/pglite/contrib/citext";
import { pg_trgm } from "@electric-sql/pglite/contrib/pg_trgm";
import { pgcrypto } from "@electric-sql/pglite/contrib/pgcrypto";
import { unaccent } from "@electric-sql/pglite/contrib/unaccent";
import { uuid_ossp } from "@electric-sql/pglite/contrib/uuid_ossp";
import { pgtap } from "@electric-sql/pglite/pgtap";
import { postgis } from "@electric-sql/pglite-postgis";

/** The extensions available in the embedded PostgreSQL. */
export const extensions: Extensions = { btree_gist, citext, pg_trgm, pgcrypto, pgtap, postgis, unaccent, uuid_ossp };

/** Run once, before the first migration, as on Supabase: creating extensions is slow, and all are in one schema. */
export const PREPARE_SQL = `
  create schema if not exists extensions;
  create extension if not exists postgis schema extensions;
  create extension if not exists "uuid-ossp" schema extensions;
  create extension if not exists pgcrypto schema extensions;
  create extension if not exists pg_trgm schema extensions;
  create extension if not exists unaccent schema extensions;
  create extension if not exists citext schema extensions;
  create extension if not exists btree_gist schema extensions;
`;
