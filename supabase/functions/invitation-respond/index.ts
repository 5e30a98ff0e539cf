import { endpoint } from "../_shared/http.ts";
import { readPayments } from "../_shared/settings.ts";
import { connect } from "../_shared/supabase.ts";
import { handle } from "./handler.ts";

const env = (name: string) => Deno.env.get(name);
const dependencies = { db: connect(env), payments: readPayments(env) };

Deno.serve(endpoint(["POST"], (request) => handle(request, dependencies)));
