import { readFileSync } from "node:fs";
import { parse } from "smol-toml";
import { z } from "zod";
import { milliseconds } from "./durations.ts";

/** The settings of `supabase/config.toml` that the stack uses, with the official CLI's defaults. */
const schema = z.object({
  api: z
    .object({
      port: z.number().int().default(54321),
      schemas: z.array(z.string()).nonempty().default(["public", "graphql_public"]),
      extra_search_path: z.array(z.string()).default(["public", "extensions"]),
      max_rows: z.number().int().positive().default(1000),
    })
    .prefault({}),
  db: z
    .object({
      port: z.number().int().default(54322),
      seed: z
        .object({
          enabled: z.boolean().default(true),
          sql_paths: z
            .array(z.string())
            .length(1, "the embedded stack supports exactly one seed file")
            .default(["./seed.sql"]),
        })
        .prefault({}),
    })
    .prefault({}),
  storage: z.object({ file_size_limit: z.string().default("50MiB") }).prefault({}),
  auth: z
    .object({
      site_url: z.string().default("http://127.0.0.1:3000"),
      additional_redirect_urls: z.array(z.string()).default([]),
      jwt_expiry: z.number().int().default(3600),
      enable_signup: z.boolean().default(true),
      enable_refresh_token_rotation: z.boolean().default(true),
      minimum_password_length: z.number().int().default(6),
      email: z
        .object({
          enable_signup: z.boolean().default(true),
          double_confirm_changes: z.boolean().default(true),
          enable_confirmations: z.boolean().default(false),
          max_frequency: z
            .string()
            .refine((text) => milliseconds(text) >= 0, "must be a duration such as 1s or 1m30s")
            .default("1s"),
          otp_length: z.number().int().default(6),
          otp_expiry: z.number().int().default(3600),
        })
        .prefault({}),
    })
    .prefault({}),
  functions: z.record(z.string(), z.object({ verify_jwt: z.boolean().default(true) })).default({}),
});

export type StackConfig = z.infer<typeof schema>;

/** Reads a `config.toml`. An error names the file and the invalid setting. */
export function readConfig(path: string): StackConfig {
  const result = schema.safeParse(parse(readFileSync(path, "utf8")));
  if (!result.success) throw new Error(`${path}: ${z.prettifyError(result.error)}`);
  return result.data;
}

/** The default configuration with changes, for tests. */
export function makeConfig(changes: z.input<typeof schema> = {}): StackConfig {
  return schema.parse(changes);
}
