// Numbers as text. One rule for all: a number that is not there is `undefined`, and its text says so elsewhere.
import type { Double, Int64, Interval } from '../api/types';

const THIN_SPACE = '\u202f';
const MINUS = '\u2212';

/** JSON of a double or a 64-bit integer to a number; absent is 0, as protobuf means it. */
export function toNumber(value: Double | Int64 | undefined): number {
  return value === undefined ? 0 : Number(value);
}

/** 1234567.25 -> "1 234 567.3": grouped by thin spaces, with decimals only where there is a fraction. */
export function grouped(value: number, decimals = 1): string {
  if (!Number.isFinite(value)) return 'unknown';
  const digits = Number.isInteger(value) ? 0 : decimals;
  const [whole = '', fraction] = Math.abs(value).toFixed(digits).split('.');
  const text = whole.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE) + (fraction ? `.${fraction}` : '');
  return value < 0 ? MINUS + text : text;
}

/** Three significant digits at least, whole numbers whole: for ratios and scaled units. */
export function significant(value: number): string {
  const size = Math.abs(value);
  const decimals = size === 0 || size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 2 : size >= 0.01 ? 3 : 4;
  return grouped(Number(value.toFixed(decimals)), decimals);
}

/** Microseconds in the unit that reads best: "12.4 ms". */
export function duration(microseconds: number): string {
  const steps: [number, string][] = [[1e6, 's'], [1e3, 'ms'], [1, 'µs']];
  const [scale, unit] = steps.find(([limit]) => Math.abs(microseconds) >= limit) ?? [1e-3, 'ns'];
  return `${significant(microseconds / scale)} ${unit}`;
}

/** "18.4 KiB"; below one KiB the bytes themselves. */
export function bytes(count: number): string {
  if (count < 1024) return `${grouped(count)} B`;
  const inMebibytes = count >= 1024 * 1024;
  return `${(count / (inMebibytes ? 1024 * 1024 : 1024)).toFixed(inMebibytes ? 2 : 1)} ${inMebibytes ? 'MiB' : 'KiB'}`;
}

export function frequency(hertz: number): string {
  return hertz >= 1e6 ? `${significant(hertz / 1e6)} MHz` : `${significant(hertz / 1e3)} kHz`;
}

/** 0.0123 -> "1.23 %". */
export function percent(ratio: number, decimals = 1): string {
  return `${(ratio * 100).toFixed(decimals)}${THIN_SPACE}%`.replace('-', MINUS);
}

/** With its sign, as a difference needs it: "+0.21 %"; exactly nothing is "±0 %". */
export function signedPercent(ratio: number, decimals = 2): string {
  if (ratio === 0) return `±0${THIN_SPACE}%`;
  return (ratio > 0 ? '+' : '') + percent(ratio, decimals);
}

/** Ends of an interval relative to its value; undefined when the interval is unknown. */
export function relativeInterval(value: number, interval: Interval | undefined): string | undefined {
  if (!interval?.known || value === 0) return undefined;
  const low = toNumber(interval.low) / value - 1;
  const high = toNumber(interval.high) / value - 1;
  if (low === 0 && high === 0) return `±0${THIN_SPACE}%`;
  // Two digits of the wider end are enough to compare intervals by eye.
  const decimals = Math.min(6, Math.max(1, 1 - Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high)) * 100))));
  return `${signedPercent(low, decimals)} … ${signedPercent(high, decimals)}`;
}
