import { expect, test } from 'vitest';
import { tickUnit } from '../src/format/words';
import { bytes, duration, grouped, relativeInterval, significant, signedPercent, toNumber } from '../src/format/number';
import { ago, span } from '../src/format/time';

const plain = (text: string | undefined) => text?.replaceAll('\u202f', ' ').replaceAll('\u2212', '-');

test('numbers are grouped by three and keep a fraction only when there is one', () => {
  expect(plain(grouped(18377031))).toBe('18 377 031');
  expect(plain(grouped(-1234.56))).toBe('-1 234.6');
  expect(grouped(999)).toBe('999');
  expect(grouped(NaN)).toBe('unknown');
});

test('64-bit integers come as strings, absent fields as zero', () => {
  expect(toNumber('9007199254740991')).toBe(9007199254740991);
  expect(toNumber(undefined)).toBe(0);
});

test('scaled units keep three digits', () => {
  expect(significant(12.412)).toBe('12.4');
  expect(significant(0.0512)).toBe('0.051');
  expect(duration(4215.3)).toBe('4.22 ms');
  expect(duration(0.25)).toBe('250 ns');
  expect(bytes(1023)).toBe('1023 B'.replace('1023', grouped(1023)));
  expect(bytes(22304)).toBe('21.8 KiB');
  expect(bytes(3 * 1024 * 1024)).toBe('3.00 MiB');
});

test('an unknown interval has no text, one of no width says so, others are relative to the value', () => {
  expect(relativeInterval(100, undefined)).toBeUndefined();
  expect(relativeInterval(100, { low: 99, high: 101 })).toBeUndefined(); // known is absent: false
  expect(plain(relativeInterval(100, { known: true, low: 100, high: 100 }))).toBe('±0 %');
  expect(plain(relativeInterval(1000, { known: true, low: 990, high: 1020 }))).toBe('-1.0 % … +2.0 %');
  expect(plain(relativeInterval(100_000, { known: true, low: 99_988, high: 100_012 }))).toBe('-0.012 % … +0.012 %');
});

test('every unit of ticks has a name, and an unknown one says so', () => {
  expect(tickUnit('TICK_UNIT_INSTRUCTIONS')).toBe('instructions');
  expect(tickUnit('TICK_UNIT_TIMER_TICKS')).toBe('timer ticks');
  expect(tickUnit('TICK_UNIT_UNSPECIFIED')).toBe('ticks of unknown unit');
  expect(tickUnit(undefined)).toBe('ticks of unknown unit');
});

test('differences carry their sign', () => {
  expect(plain(signedPercent(0.0021))).toBe('+0.21 %');
  expect(plain(signedPercent(-0.5))).toBe('-50.00 %');
  expect(plain(signedPercent(0))).toBe('±0 %');
});

test('ages and spans use the largest units that fit', () => {
  const now = Date.parse('2026-11-22T15:00:00Z');
  expect(ago('2026-11-22T14:58:59Z', now)).toBe('1 min ago');
  expect(ago('2026-11-22T15:00:09Z', now)).toBe('0 s ago'); // a clock that is ahead
  expect(ago('nonsense', now)).toBe('unknown');
  expect(span(125)).toBe('2 min 5 s');
  expect(span(3600)).toBe('1 h');
});
