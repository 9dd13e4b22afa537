// Energies, powers and currents as text. Apart from number.ts, which every page loads first.
import type { Interval } from '../api/types';
import { grouped, toNumber } from './number';

const SCALES: [number, string][] = [[1e6, ''], [1e3, 'm'], [1, 'µ'], [1e-3, 'n']];

/** Whatever rounds to 1000 has the next unit. */
function scaleOf(micro: number): [number, string] {
  const size = Math.abs(micro) * 1.00005;
  return size === 0 ? [1, 'µ'] : (SCALES.find(([scale]) => size >= scale) ?? [1e-3, 'n']);
}

const decimalsOf = (scaled: number): number => {
  const size = Math.abs(scaled) * 1.00005;
  return size >= 100 ? 1 : size >= 10 ? 2 : 3;
};

const fixed = (value: number, decimals: number): string => (value === 0 ? '0' : value.toFixed(decimals).replace('-', '\u2212'));

/** Millionths of a unit in the one that reads best, four digits: "812.3 µJ", "40.60 mW". */
export function micro(value: number, unit: string): string {
  if (!Number.isFinite(value)) return 'unknown';
  const [scale, prefix] = scaleOf(value);
  return `${fixed(value / scale, decimalsOf(value / scale))} ${prefix}${unit}`;
}

/** Several of a kind: all in the unit of `value`, with digits enough to tell the least from the most. */
function alike(value: number, values: number[]): { text: (one: number) => string; prefix: string } {
  const [scale, prefix] = scaleOf(value);
  const spread = (Math.max(...values) - Math.min(...values)) / scale;
  const least = decimalsOf(value / scale);
  const decimals = spread > 0 ? Math.max(least, Math.min(6, 1 - Math.floor(Math.log10(spread)))) : least;
  return { text: (one) => fixed(one / scale, decimals), prefix };
}

/** "812.34 … 812.50 µJ"; undefined when unknown. */
export function intervalOf(value: number, interval: Interval | undefined): string | undefined {
  if (!interval?.known) return undefined;
  const [low, high] = [toNumber(interval.low), toNumber(interval.high)];
  const { text, prefix } = alike(value, [low, high]);
  return `${text(low)} … ${text(high)} ${prefix}J`;
}

/** How the values of one column are written, so that they can be compared: "28.2046 mJ". */
export function joulesOf(value: number, values: number[]): (one: number) => string {
  const { text, prefix } = alike(value, values);
  return (one) => `${text(one)} ${prefix}J`;
}

/** "+12.0 µs": how much longer a window is by the instrument than by the board. */
export function microsecondsMore(difference: number): string {
  return `${difference < 0 ? '\u2212' : '+'}${Math.abs(difference).toFixed(1)} µs`;
}

/** "3.3 V" */
export const volts = (millivolts: number): string => `${grouped(millivolts / 1000, 3).replace(/(\.\d*?)0+$/, '$1')} V`;
