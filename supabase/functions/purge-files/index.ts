import { endpoint } from "../_shared/http.ts";
import { connect } from "../_shared/supabase.ts";
import { handle } from "./handler.ts";

const env = (name: string) => Deno.env.get(name);
const db = connect(env);

Deno.serve(endpoint(["POST"], (request) => handle(request, { db })));
