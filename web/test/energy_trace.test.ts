import { expect, test } from 'vitest';
import { aroundWindow, clamped, operatorBands, panned, pathsOf, placeOf, pointsOf, shiftOf, viewOf, viewText, zoomed } from '../src/model/energy_trace';

test('a view stays within the recording and never shows less than can be seen', () => {
  expect(clamped({ first: -5, samples: 100 }, 1000)).toEqual({ first: 0, samples: 100 });
  expect(clamped({ first: 990, samples: 100 }, 1000)).toEqual({ first: 900, samples: 100 });
  expect(clamped({ first: 10, samples: 1 }, 1000)).toEqual({ first: 10, samples: 20 });
  expect(clamped({ first: 0, samples: 5000 }, 1000)).toEqual({ first: 0, samples: 1000 });
  expect(clamped({ first: 0, samples: 20 }, 7)).toEqual({ first: 0, samples: 7 });
});

test('zooming keeps the place it is about, and comes back', () => {
  const view = { first: 1000, samples: 1000 };
  expect(zoomed(view, 10_000, 0.5, 0.25)).toEqual({ first: 1125, samples: 500 });
  expect(zoomed(zoomed(view, 10_000, 0.5, 0.25), 10_000, 2, 0.25)).toEqual(view);
  expect(zoomed(view, 10_000, 100)).toEqual({ first: 0, samples: 10_000 });
  expect(panned(view, 10_000, 0.5)).toEqual({ first: 1500, samples: 1000 });
  expect(panned(view, 10_000, -2)).toEqual({ first: 0, samples: 1000 });
  expect(aroundWindow({ firstSample: '1000', samples: '500' }, 10_000)).toEqual({ first: 950, samples: 600 });
});

test('views and places are in the URL', () => {
  expect(viewOf('1200+400', 5000)).toEqual({ first: 1200, samples: 400 });
  for (const nothing of [null, '', '5', '5-6', 'x+y', '-1+5']) expect(viewOf(nothing, 5000)).toEqual({ first: 0, samples: 5000 });
  expect(viewText({ first: 0, samples: 5000 }, 5000)).toBeUndefined();
  expect(viewText({ first: 3, samples: 50 }, 5000)).toBe('3+50');
  expect(placeOf('7', 10)).toBe(7);
  expect(placeOf('11', 10)).toBeUndefined();
  expect(placeOf('-1', 10)).toBeUndefined();
  expect(placeOf(null, 10)).toBeUndefined();
});

const trace = {
  firstSample: '100',
  samplesPerPoint: '10',
  minUa: [1, 0, 3],
  maxUa: [4, 0, 6],
  meanUa: [2, 0, 5],
  lostPoints: [1],
  sum: { samples: '25' },
};

test('points have their samples, the last what is left', () => {
  const points = pointsOf(trace);
  expect(points.map((point) => [point.first, point.samples, point.lost])).toEqual([[100, 10, false], [110, 10, true], [120, 5, false]]);
  expect(pointsOf({})).toEqual([]);
});

test('paths leave out what was lost', () => {
  const { band, mean } = pathsOf(pointsOf(trace));
  expect(mean).toBe('M100 2L110 2M120 5L125 5');
  expect(band).toBe('M100 4L110 4L110 1L100 1ZM120 6L125 6L125 3L120 3Z');
  expect(pathsOf(pointsOf(trace), -100).mean).toBe('M0 2L10 2M20 5L25 5');
});

test('operators are drawn by their shares, once an inference is wide enough', () => {
  const windows = [{ firstSample: '1000', samples: '200', inferences: 2 }];
  expect(operatorBands(windows, [0.75, 0.25], { first: 900, samples: 150 })).toEqual([
    { first: 1000, samples: 75, operator: 0 },
    { first: 1075, samples: 25, operator: 1 },
  ]);
  expect(operatorBands(windows, [3, 1], { first: 0, samples: 2000 })).toHaveLength(4);
  expect(operatorBands(windows, [0.75, 0.25], { first: 0, samples: 2001 })).toEqual([]);
  expect(operatorBands(windows, [], { first: 900, samples: 150 })).toEqual([]);
});

test('two runs lie on each other by their first windows', () => {
  expect(shiftOf([{ firstSample: '500' }], [{ firstSample: '700' }])).toBe(-200);
  expect(shiftOf([], [])).toBe(0);
});
