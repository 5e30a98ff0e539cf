import { endpoint } from "../_shared/http.ts";
import { connect } from "../_shared/supabase.ts";
import { handle } from "./handler.ts";

const db = connect((name) => Deno.env.get(name));

Deno.serve(endpoint(["POST"], (request) => handle(request, { db })));
