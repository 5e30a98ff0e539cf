export type Statement = { text: string; line: number };

/** The tokens that matter for where a statement ends: comments, quoted text, `begin atomic` bodies, semicolons. */
const TOKENS =
  /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"|(\$(?:[a-z_]\w*)?\$)[\s\S]*?\1|\bbegin\s+atomic\b|\bcase\b|\bend\b|;/gi;

/**
 * Splits a migration file into its statements, as the official CLI records them, with the line on which each starts.
 * A `begin atomic` body is not quoted, so its end is found by counting `case` and `end`.
 */
export function splitStatements(sql: string): Statement[] {
  const statements: Statement[] = [];
  let from = 0;
  let depth = 0;
  const cut = (end: number) => {
    const raw = sql.slice(from, end);
    const lead = raw.length - raw.replace(/^(?:\s|--[^\n]*\n?|\/\*[\s\S]*?\*\/)+/, "").length;
    const text = raw.slice(lead).trim();
    if (text !== "") statements.push({ text, line: sql.slice(0, from + lead).split("\n").length });
    from = end + 1;
  };
  for (const match of sql.matchAll(TOKENS)) {
    const token = match[0].toLowerCase();
    if (token === ";" && depth === 0) cut(match.index);
    else if (token.startsWith("begin")) depth += 1;
    else if (token === "case" && depth > 0) depth += 1;
    else if (token === "end" && depth > 0) depth -= 1;
  }
  cut(sql.length);
  return statements;
}
