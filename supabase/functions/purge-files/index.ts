import { createClient } from "@supabase/supabase-js";
import { handle } from "./handler.ts";

// Hosted Supabase gives all secret keys by name; a project of before has one of another form.
const secretKeys = Object.values(JSON.parse(Deno.env.get("SUPABASE_SECRET_KEYS") ?? "{}") as Record<string, string>);
const secretKey = secretKeys[0] ?? Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!;
const service = createClient(Deno.env.get("SUPABASE_URL")!, secretKey, { auth: { persistSession: false } });

Deno.serve((request) => handle(request, { service, secretKeys: [...secretKeys, secretKey] }));
