import { createClient } from "@supabase/supabase-js";
import { handle } from "./handler.ts";

const secretKey = Deno.env.get("SUPABASE_SECRET_KEY") ?? Deno.env.get("SUPABASE_SERVICE_ROLE_KEY")!;
const service = createClient(Deno.env.get("SUPABASE_URL")!, secretKey, { auth: { persistSession: false } });

Deno.serve((request) => handle(request, { service, secretKey }));
