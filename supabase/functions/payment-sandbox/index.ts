import { endpoint } from "../_shared/http.ts";
import { sandboxSettings } from "../_shared/settings.ts";
import { handle } from "./handler.ts";

const env = (name: string) => Deno.env.get(name);
const webhookUrl = `${env("SUPABASE_URL")}/functions/v1/payment-webhook/sandbox`;

Deno.serve(endpoint(["GET", "POST"], (request) => handle(request, { sandbox: sandboxSettings(env), webhookUrl })));
