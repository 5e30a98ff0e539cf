/** A boolean operand in deparsed SQL, from `from` up to `to`. */
export type Span = { from: number; to: number };

/**
 * Returns every operand of AND, OR and NOT in an expression, including those within `exists (select … where …)`.
 * Relies on PostgreSQL's deparsed form: full parentheses, keywords in upper case, BETWEEN expanded.
 */
export function conditions(text: string, from = 0, to = text.length): Span[] {
  const span = trim(text, from, to);
  if (isParenthesised(text, span)) return conditions(text, span.from + 1, span.to - 1);
  for (const word of ["OR", "AND"]) {
    const parts = split(text, span, word);
    if (parts.length > 1) return parts.flatMap((part) => conditions(text, part.from, part.to));
  }
  if (text.startsWith("NOT ", span.from)) return conditions(text, span.from + 4, span.to);
  const inner = /^EXISTS \(/.test(text.slice(span.from, span.to))
    ? whereClauses(text, span.from + "EXISTS (".length, span.to - 1)
    : [];
  return [span, ...inner.flatMap((where) => conditions(text, where.from, where.to))];
}

/** Returns the WHERE conditions of a query that are not within parentheses: one for each part of a union. */
export function whereClauses(text: string, from = 0, to = text.length): Span[] {
  const starts = keywords(text, { from, to }, "WHERE");
  const ends = ["UNION", "GROUP BY", "ORDER BY", "LIMIT", "FOR"].flatMap((word) => keywords(text, { from, to }, word));
  return starts.map((start) => {
    const end = Math.min(to, ...ends.filter((position) => position > start));
    return trim(text, start + "WHERE".length, text[end - 1] === ";" ? end - 1 : end);
  });
}

function trim(text: string, from: number, to: number): Span {
  while (from < to && /\s/.test(text[from]!)) from += 1;
  while (to > from && /\s/.test(text[to - 1]!)) to -= 1;
  return { from, to };
}

function isParenthesised(text: string, { from, to }: Span): boolean {
  if (text[from] !== "(") return false;
  return closing(text, from) === to - 1;
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (const { position, character } of outsideQuotes(text, open, text.length)) {
    if (character === "(") depth += 1;
    if (character === ")") depth -= 1;
    if (depth === 0) return position;
  }
  return -1;
}

function split(text: string, span: Span, word: string): Span[] {
  const positions = keywords(text, span, word);
  const starts = [span.from, ...positions.map((position) => position + word.length)];
  const ends = [...positions, span.to];
  return starts.map((start, place) => trim(text, start, ends[place]!));
}

/** The positions of a keyword outside quotes and parentheses. */
function keywords(text: string, { from, to }: Span, word: string): number[] {
  const found: number[] = [];
  let depth = 0;
  for (const { position, character } of outsideQuotes(text, from, to)) {
    if (character === "(") depth += 1;
    else if (character === ")") depth -= 1;
    else if (depth === 0 && text.startsWith(word, position)) {
      const before = text[position - 1] ?? " ";
      const after = text[position + word.length] ?? " ";
      if (/[\s)]/.test(before) && /[\s(;]/.test(after)) found.push(position);
    }
  }
  return found;
}

function* outsideQuotes(text: string, from: number, to: number) {
  let quoted = false;
  for (let position = from; position < to; position += 1) {
    const character = text[position]!;
    if (character === "'") quoted = !quoted;
    else if (!quoted) yield { position, character };
  }
}
