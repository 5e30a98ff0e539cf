const UNITS: Record<string, number> = { b: 1, kb: 1e3, mb: 1e6, gb: 1e9, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30 };

/** The bytes of a size such as `20mb` or `50MiB`. */
export function bytesOf(size: string): number {
  const [, number, unit] = /^([\d.]+) *([a-z]+)$/.exec(size.toLowerCase()) ?? [];
  const bytes = Number(number) * (UNITS[unit ?? ""] ?? Number.NaN);
  if (Number.isNaN(bytes)) throw new Error(`"${size}" is not a size such as 50MiB`);
  return Math.floor(bytes);
}
