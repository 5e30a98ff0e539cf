/** A Go duration such as `1m30s`, `500ms` or `-1h`; NaN for anything else. */
export function milliseconds(duration: string): number {
  if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))*$/.test(duration)) {
    return duration === "0" ? 0 : Number.NaN;
  }
  const units: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };
  const parts = [...duration.matchAll(/([\d.]+)(ns|us|µs|ms|s|m|h)/g)];
  const sum = parts.reduce((total, [, amount, unit]) => total + Number(amount) * units[unit!]!, 0);
  return duration.startsWith("-") ? -sum : sum;
}
