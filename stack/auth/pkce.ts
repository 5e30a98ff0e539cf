import { randomUUID } from "node:crypto";
import type { Sql } from "postgres";
import type { Call } from "./call.ts";
import { AuthProblem, invalid } from "./problems.ts";

export type Challenge = { value: string; method: string };

/** What a client with `flowType: "pkce"` sends with a request for a mail, whose link then leads to a code. */
export function challengeOf({
  code_challenge: value,
  code_challenge_method: method,
}: Call["body"]): Challenge | undefined {
  if (!value !== !method) throw invalid("PKCE flow requires code_challenge_method and code_challenge");
  if (!value || !method) return undefined;
  if (!/^[\w.~-]{43,128}$/.test(value)) throw invalid("Invalid code_challenge");
  if (!/^(s256|plain)$/i.test(method)) throw invalid("Invalid code_challenge_method");
  return { value, method: method.toLowerCase() };
}

/** Remembers a challenge until the user opens the link. */
export async function openFlow(sql: Sql, userId: string, method: string, challenge: Challenge): Promise<string> {
  const code = randomUUID();
  await sql`delete from auth.flow_state where user_id = ${userId} and created_at < now() - interval '1 day'`;
  await sql`
    insert into auth.flow_state (id, user_id, auth_code, authentication_method, code_challenge, code_challenge_method, provider_type)
    values (gen_random_uuid(), ${userId}, ${code}, ${method}, ${challenge.value}, ${challenge.method}, 'email')`;
  return code;
}

/** The code for the client that sent the latest challenge. Its five minutes start now. */
export async function issueCode(sql: Sql, userId: string, method: string): Promise<string> {
  const [flow] = await sql`
    update auth.flow_state set auth_code_issued_at = now(), created_at = now(), updated_at = now()
    where id = (
      select id from auth.flow_state where user_id = ${userId} and authentication_method = ${method}
      order by created_at desc limit 1)
    returning auth_code`;
  if (!flow) throw new AuthProblem(400, "flow_state_not_found", "No associated flow state found");
  return flow.auth_code as string;
}
