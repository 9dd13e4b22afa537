import { expect, test } from 'vitest';
import { intervalOf, joulesOf, micro, microsecondsMore, volts } from '../src/format/energy';
import { isKnown, longerUs, methodWord, perInference } from '../src/model/energy';

const plain = (text: string | undefined) => text?.replaceAll('\u202f', ' ').replaceAll('\u2212', '-');

test('millionths stand in the unit that reads best, with four digits', () => {
  expect(micro(0, 'J')).toBe('0 µJ');
  expect(micro(0.0456, 'J')).toBe('45.60 nJ');
  expect(micro(812.34, 'J')).toBe('812.3 µJ');
  expect(micro(999.96, 'J')).toBe('1.000 mJ');
  expect(micro(40600, 'W')).toBe('40.60 mW');
  expect(micro(1.1e6, 'A')).toBe('1.100 A');
  expect(plain(micro(-9.9996, 'A'))).toBe('-10.00 µA');
  expect(micro(NaN, 'J')).toBe('unknown');
});

test('an interval has the unit of its value and tells its ends apart', () => {
  expect(intervalOf(812, undefined)).toBeUndefined();
  expect(intervalOf(812, { low: 1, high: 2 })).toBeUndefined(); // known is absent: false
  expect(intervalOf(1002, { known: true, low: 800, high: 1010 })).toBe('0.800 … 1.010 mJ');
  expect(intervalOf(812, { known: true, low: 812.0012, high: 812.0034 })).toBe('812.0012 … 812.0034 µJ');
  expect(intervalOf(812, { known: true, low: 812, high: 812 })).toBe('812.0 … 812.0 µJ');
});

test('windows that hardly differ can be told apart, and one alone has four digits', () => {
  const joules = joulesOf(28_205.45, [28_204.55, 28_206.4]);
  expect([28_204.55, 28_206.4].map(joules)).toEqual(['28.2045 mJ', '28.2064 mJ']);
  expect(joulesOf(812, [812])(812)).toBe('812.0 µJ');
  expect(joulesOf(812, [])(812)).toBe('812.0 µJ');
});

test('supply and lengths', () => {
  expect(volts(3300)).toBe('3.3 V');
  expect(volts(1825)).toBe('1.825 V');
  expect(volts(5000)).toBe('5 V');
  expect(microsecondsMore(12)).toBe('+12.0 µs');
  expect(plain(microsecondsMore(-0.26))).toBe('-0.3 µs');
});

test('a window without inferences or without a clock gives no number', () => {
  expect(perInference({ inferences: 4, energyUj: 10 })).toBe(2.5);
  expect(perInference({ energyUj: 10 })).toBeUndefined();
  expect(longerUs({ instrumentUs: 200_100, boardUs: 200_088 })).toBe(12);
  expect(longerUs({ instrumentUs: 200_100 })).toBeUndefined();
});

test('only what says so was measured', () => {
  expect(methodWord({ method: 'ENERGY_METHOD_MEASURED' }).text).toBe('measured');
  expect(methodWord({ method: 'ENERGY_METHOD_MODELLED' }).text).toBe('modelled');
  expect(methodWord({}).text).toBe('method unknown');
  expect(isKnown({ energyPerInferenceUj: 5 })).toBe(false);
  expect(isKnown({ energyPerInferenceUj: 5, windows: [{}] })).toBe(true);
});
