import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createCall } from '../src/api/client';
import { Latest } from '../src/api/latest';
import type { EnergyResult, GetEnergyTraceRequest, GetEnergyTraceResponse } from '../src/api/types';
import { cursorByKey, viewByKey } from '../src/components/trace_gestures';
import { csvLines } from '../src/model/csv';
import {
  alignmentOf,
  around,
  askedFor,
  between,
  clamped,
  endOf,
  extremes,
  firstCursors,
  operatorBands,
  panned,
  pathsOf,
  pictureOf,
  pinched,
  placed,
  queryOf,
  ROW_COLUMNS,
  rowsOf,
  runsOf,
  stateOf,
  theirRange,
  ticksOf,
  timeText,
  toPixel,
  toSample,
  type TraceWindow,
  uncovered,
  windowsOf,
  zoomed,
} from '../src/model/energy_trace';

const TOTAL = 10_000;
const plain = (text: string) => text.replaceAll('\u202f', ' ').replaceAll('\u2212', '-');

test('a view stays within the recording and never closes', () => {
  expect(clamped({ first: -50, samples: 100 }, TOTAL)).toEqual({ first: 0, samples: 100 });
  expect(clamped({ first: 9_990, samples: 100 }, TOTAL)).toEqual({ first: 9_900, samples: 100 });
  expect(clamped({ first: 5, samples: 99_999 }, TOTAL)).toEqual({ first: 0, samples: TOTAL });
  expect(clamped({ first: 5, samples: 0 }, TOTAL).samples).toBe(10);
  expect(clamped({ first: 5, samples: 0 }, 4)).toEqual({ first: 0, samples: 4 });
  expect(panned({ first: 9_800, samples: 100 }, 500, TOTAL)).toEqual({ first: 9_900, samples: 100 });
});

test('zooming leaves the sample under the hand where it is', () => {
  const view = { first: 1_000, samples: 2_000 };
  const closer = zoomed(view, 0.5, 1_500, TOTAL);
  expect(closer).toEqual({ first: 1_250, samples: 1_000 });
  expect(toPixel(closer, 800, 1_500)).toBe(toPixel(view, 800, 1_500));
  expect(zoomed(view, 100, 1_500, TOTAL)).toEqual({ first: 0, samples: TOTAL });
  expect(zoomed(closer, 1e-9, 1_500, TOTAL).samples).toBe(10);
});

test('two fingers keep their samples', () => {
  const view = pinched([2_000, 3_000], [100, 500], 800, TOTAL);
  expect(toSample(view, 800, 100)).toBeCloseTo(2_000);
  expect(toSample(view, 800, 500)).toBeCloseTo(3_000);
  expect(pinched([2_000, 3_000], [100, 100], 800, TOTAL)).toEqual({ first: 0, samples: TOTAL });
});

test('a request has the whole samples that the view touches', () => {
  expect(askedFor({ first: 10.4, samples: 20.2 }, TOTAL)).toEqual({ first: 10, samples: 21 });
  expect(askedFor({ first: 9_990.5, samples: 50 }, TOTAL)).toEqual({ first: 9_990, samples: 10 });
  expect(askedFor({ first: -30, samples: 20 }, TOTAL).samples).toBe(0);
});

test('keys move, zoom and show the whole; other keys are the page\'s', () => {
  const plot = { view: { first: 1_000, samples: 1_000 }, width: 500, total: TOTAL };
  expect(viewByKey('ArrowLeft', false, plot)).toEqual({ first: 900, samples: 1_000 });
  expect(viewByKey('ArrowRight', true, plot)).toEqual({ first: 1_500, samples: 1_000 });
  expect(viewByKey('+', true, plot)).toEqual({ first: 1_250, samples: 500 });
  expect(viewByKey('-', false, plot)).toEqual({ first: 500, samples: 2_000 });
  expect(viewByKey('Home', false, plot)).toEqual({ first: 0, samples: TOTAL });
  for (const key of ['Tab', 'ArrowDown', 'PageDown', 'a']) expect(viewByKey(key, false, plot)).toBeUndefined();
  expect(cursorByKey('ArrowRight', false, 1_200, plot)).toBe(1_202);
  expect(cursorByKey('ArrowLeft', true, 1_200, plot)).toBe(1_180);
  expect(cursorByKey('Home', false, 1_200, plot)).toBe(1_000);
  expect(cursorByKey('End', false, 1_200, plot)).toBe(2_000);
  expect(cursorByKey('ArrowLeft', false, 0, plot)).toBe(0);
  expect(cursorByKey('+', false, 1_200, plot)).toBeUndefined();
});

const WINDOWS: TraceWindow[] = [
  { number: 1, first: 1_000, samples: 2_000, inferences: 4, energyUj: 8 },
  { number: 2, first: 4_000, samples: 2_000, inferences: 4, energyUj: 9 },
];

test('cursors are put around the first window that is seen, and have a range between them in any order', () => {
  expect(firstCursors({ first: 1_500, samples: 6_000 }, WINDOWS, TOTAL)).toEqual([4_000, 6_000]);
  expect(firstCursors({ first: 1_200, samples: 100 }, WINDOWS, TOTAL)).toEqual([1_225, 1_275]);
  expect(between([30, 10])).toEqual({ first: 10, samples: 20 });
  expect(between([30, 30])).toBeUndefined();
  expect(between(undefined)).toBeUndefined();
  expect(around({ first: 4_000, samples: 2_000 }, TOTAL)).toEqual({ first: 3_750, samples: 2_500 });
});

test('every view is a URL and comes back from it', () => {
  const state = { view: { first: 12.4, samples: 300.2 }, cursors: [20, 5] as [number, number], overlay: 'r-2', fit: true };
  const query = new URLSearchParams(Object.entries(queryOf(state)) as [string, string][]);
  expect(query.toString()).toBe('first=12&samples=300&a=20&b=5&overlay=r-2&y=fit');
  expect(stateOf(query)).toEqual({ ...state, view: { first: 12, samples: 300 } });
  const plainest = { view: undefined, cursors: undefined, overlay: '', fit: false };
  expect(Object.values(queryOf(plainest)).every((value) => value === undefined)).toBe(true);
  expect(stateOf(new URLSearchParams('first=-3&samples=1e9&a=7&b=x&y=log'))).toEqual(plainest);
  expect(stateOf(new URLSearchParams('first=0&samples=0')).view).toBeUndefined();
});

// Points of 4 samples; the last has 2. Point 2 was lost.
const ANSWER: GetEnergyTraceResponse = {
  firstSample: '100',
  samplesPerPoint: '4',
  minUa: [1, 2, 0, -1],
  maxUa: [3, 10, 0, 5],
  meanUa: [2, 5, 0, 2],
  lostPoints: [2],
  sum: { samples: '14', lostSamples: '4' },
};

test('a picture has steps from least to most, and gaps where all was lost', () => {
  const picture = pictureOf(ANSWER);
  expect(picture).toMatchObject({ first: 100, samples: 14, samplesPerPoint: 4, lost: [[2, 3]] });
  const { band, mean } = pathsOf(picture);
  expect(mean).toBe('M0 2000V2000H1V5000H2M3 2000V2000H3.5');
  expect(band).toBe('M0 3000V3000H1V10000H2V2000H1V1000H0ZM3 5000V5000H3.5V-1000H3Z');
  expect(pathsOf(pictureOf({}))).toEqual({ band: '', mean: '' });
  expect(runsOf([1, 2, 3, 7, 8])).toEqual([[1, 4], [7, 9]]);
});

test('the current\'s axis sees the points of the view, not lost ones', () => {
  const picture = pictureOf(ANSWER);
  expect(extremes(picture, picture)).toEqual({ low: -1, high: 10 });
  expect(extremes(picture, { first: 100, samples: 4 })).toEqual({ low: 0, high: 3 });
  expect(extremes(picture, { first: 108, samples: 3 })).toEqual({ low: 0, high: 0 });
  expect(extremes(picture, { first: 103.5, samples: 1 })).toEqual({ low: 0, high: 10 });
});

test('what an old picture does not cover is drawn from the coarse one', () => {
  const view = { first: 100, samples: 100 };
  expect(uncovered(view, undefined)).toEqual([view]);
  expect(uncovered(view, { first: 500, samples: 10 })).toEqual([view]);
  expect(uncovered(view, { first: 50, samples: 500 })).toEqual([]);
  expect(uncovered(view, { first: 120, samples: 30 })).toEqual([{ first: 100, samples: 20 }, { first: 150, samples: 50 }]);
});

test('ticks are round, times have digits enough for their step', () => {
  expect(ticksOf(0, 10, 5)).toEqual({ ticks: [0, 2, 4, 6, 8, 10], step: 2 });
  expect(ticksOf(-1, 86_000, 5)).toEqual({ ticks: [0, 20_000, 40_000, 60_000, 80_000], step: 20_000 });
  expect(ticksOf(3, 3, 5).ticks).toEqual([]);
  expect(timeText(1_203_400, 10)).toBe('1.20340 s');
  expect(timeText(252_100, 100)).toBe('252.1 ms');
  expect(timeText(0, 200_000, 1_234_000)).toBe('0 s');
  expect(timeText(200_000, 200_000, 1_234_000)).toBe('0.2 s');
  expect(plain(timeText(20, 10))).toBe('20 µs');
});

test('operators share each inference of a window that is wide enough, and say so by their place alone', () => {
  const operators = [
    { index: 0, kind: 'CONV_2D', share: 0.75 },
    { index: 1, kind: 'RESHAPE', share: 0.0001 },
    { index: 2, kind: 'SOFTMAX', share: 0.0001 },
    { index: 3, kind: 'FULLY_CONNECTED', share: 0.2498 },
  ];
  const view = { first: 900, samples: 1_000 };
  const bands = operatorBands(WINDOWS, operators, view, 1_000);
  expect(bands.slice(0, 3).map(({ text }) => text)).toEqual(['#0 CONV_2D', '2 operators', '#3 FULLY_CONNECTED']);
  expect(bands[0]).toMatchObject({ first: 1_000, samples: 375 });
  expect(endOf(bands[2]!)).toBeCloseTo(1_500);
  expect(bands.every((band) => band.first < 1_900 && endOf(band) > 900)).toBe(true);
  expect(operatorBands(WINDOWS, operators, { first: 0, samples: TOTAL }, 1_000)).toEqual([]);
  expect(operatorBands(WINDOWS, [], view, 1_000)).toEqual([]);
  expect(operatorBands([{ ...WINDOWS[0]!, inferences: 0 }], operators, view, 1_000)).toEqual([]);
});

test('a second run lies with its first window on this one\'s, by time', () => {
  const mine: EnergyResult = { samplesPerSecond: 100_000, windows: [{ firstSample: '1000', samples: '10' }] };
  const theirs: EnergyResult = { samplesPerSecond: 200_000, windows: [{ firstSample: '500', samples: '10' }] };
  const alignment = alignmentOf(mine, theirs)!;
  expect(alignment).toEqual({ mine: 1_000, theirs: 500, scale: 2 });
  expect(theirRange({ first: 1_000, samples: 100 }, alignment, 9_999)).toEqual({ first: 500, samples: 200 });
  expect(theirRange({ first: 700, samples: 100 }, alignment, 9_999)).toEqual({ first: 0, samples: 100 });
  expect(theirRange({ first: 0, samples: 100 }, alignment, 9_999)).toBeUndefined();
  expect(placed(pictureOf({ ...ANSWER, firstSample: '520' }), alignment)).toMatchObject({ first: 1_010, samples: 7, samplesPerPoint: 2 });
  expect(alignmentOf(mine, { samplesPerSecond: 1 })).toBeUndefined();
  expect(windowsOf(mine)).toEqual([{ number: 1, first: 1_000, samples: 10, inferences: 0, energyUj: 0 }]);
});

test('points as CSV: lost ones have no current', () => {
  expect(csvLines(ROW_COLUMNS, rowsOf(pictureOf(ANSWER), 100_000)).split('\r\n')).toEqual([
    'first_sample,samples,time_us,min_ua,mean_ua,max_ua',
    '100,4,1000,1,2,3',
    '104,4,1040,2,5,10',
    '108,4,1080,,,',
    '112,2,1120,-1,2,5',
    '',
  ]);
});

// Requests that follow a hand, through the real client to a daemon that answers when it is told.
beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function daemon() {
  const asked: { request: GetEnergyTraceRequest; answer: (body: string, status?: number) => Promise<unknown>; signal: AbortSignal }[] = [];
  const call = createCall(((_path: string, { body, signal }: RequestInit) =>
    new Promise<Response>((resolve) =>
      asked.push({
        request: JSON.parse(body as string) as GetEnergyTraceRequest,
        signal: signal!,
        answer: (text, status = 200) => {
          resolve(new Response(text, { status }));
          return vi.advanceTimersByTimeAsync(1);
        },
      }),
    )) as unknown as typeof fetch);
  const got: unknown[] = [];
  const latest = new Latest<GetEnergyTraceRequest, GetEnergyTraceResponse>(
    (request, signal) => call('tinyrig.v1.EnergyTraceService/GetEnergyTrace', request, signal),
    (answer, request) => got.push([request.firstSample, answer.totalSamples]),
    (error) => got.push((error as { reason?: string }).reason),
  );
  return { asked, got, latest };
}

test('of many wants in a row only the last is asked for; a hand that never rests is followed all the same', async () => {
  const { asked, latest } = daemon();
  for (let i = 0; i < 5; i++) latest.want({ firstSample: `${i}` });
  await vi.advanceTimersByTimeAsync(100);
  expect(asked.map(({ request }) => request.firstSample)).toEqual(['4']);
  for (let i = 0; i < 50; i++) {
    latest.want({ firstSample: `${100 + i}` });
    await vi.advanceTimersByTimeAsync(20);
  }
  expect(asked.length).toBeGreaterThanOrEqual(4);
  expect(asked.length).toBeLessThanOrEqual(6);
});

test('an answer that was overtaken is dropped, also when it comes last', async () => {
  const { asked, got, latest } = daemon();
  latest.want({ firstSample: '1' });
  await vi.advanceTimersByTimeAsync(100);
  latest.want({ firstSample: '2' });
  await vi.advanceTimersByTimeAsync(100);
  expect(asked[0]!.signal.aborted).toBe(true);
  await asked[1]!.answer('{"totalSamples":"22"}');
  await asked[0]!.answer('{"totalSamples":"11"}');
  expect(got).toEqual([['2', '22']]);
});

test('a failure is told with its reason; nothing comes after the end', async () => {
  const { asked, got, latest } = daemon();
  latest.want({ firstSample: '1' });
  await vi.advanceTimersByTimeAsync(100);
  await asked[0]!.answer(JSON.stringify({ code: 'not_found', details: [{ debug: { reason: 'CAPTURE_MISSING' } }] }), 404);
  expect(got).toEqual(['CAPTURE_MISSING']);
  latest.want({ firstSample: '2' });
  latest.stop();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(asked).toHaveLength(1);
});
