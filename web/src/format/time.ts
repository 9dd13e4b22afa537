// Times as text, in the reader's zone.

const UNITS: [number, string][] = [[86_400, 'd'], [3_600, 'h'], [60, 'min'], [1, 's']];

/** Seconds in the two largest units that matter: "2 min 5 s". */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const first = UNITS.findIndex(([size]) => whole >= size);
  if (first < 0) return '0 s';
  const [size, unit] = UNITS[first]!;
  const text = `${Math.floor(whole / size)} ${unit}`;
  const next = UNITS[first + 1];
  const rest = next ? Math.floor((whole % size) / next[0]) : 0;
  return rest > 0 && next ? `${text} ${rest} ${next[1]}` : text;
}

/** Age in its largest unit: "5 min ago". */
export function ago(timestamp: string, now: number): string {
  const seconds = (now - Date.parse(timestamp)) / 1000;
  if (!Number.isFinite(seconds)) return 'unknown';
  const [size, unit] = UNITS.find(([limit]) => seconds >= limit) ?? [1, 's'];
  return `${Math.max(0, Math.floor(seconds / size))} ${unit} ago`;
}

/** Full local date and time, to the second. */
export function exact(timestamp: string): string {
  const date = new Date(timestamp);
  return Number.isNaN(date.getTime()) ? 'unknown' : date.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}
