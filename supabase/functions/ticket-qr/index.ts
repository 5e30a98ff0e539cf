import { endpoint } from "../_shared/http.ts";
import { connect } from "../_shared/supabase.ts";
import { handle } from "./handler.ts";

const env = (name: string) => Deno.env.get(name);
const dependencies = { db: connect(env), secret: env("TICKET_SIGNING_SECRET") ?? "" };

Deno.serve(endpoint(["GET"], (request) => handle(request, dependencies)));
