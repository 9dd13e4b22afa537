// The energy trace of a run: which part of the recording is shown, where its samples lie on the screen, what is drawn
// of an answer, and all of it as a URL. Positions are samples of the recording's timeline, where lost ones keep their
// place; fractions occur while a picture moves, never in a URL or a request.
import type { EnergyResult, GetEnergyTraceResponse, OperatorProfile } from '../api/types';
import { grouped, toNumber } from '../format/number';

export interface Range {
  first: number;
  samples: number;
}

/** Closer than this there is nothing more to see. */
const LEAST_SAMPLES = 10;

const within = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

export const whole = (total: number): Range => ({ first: 0, samples: total });
export const isWhole = (range: Range, total: number): boolean => range.first <= 0 && range.samples >= total;
export const endOf = (range: Range): number => range.first + range.samples;

/** The nearest range that the recording has. */
export function clamped(range: Range, total: number): Range {
  const samples = within(range.samples, Math.min(LEAST_SAMPLES, total), total);
  return { first: within(range.first, 0, total - samples), samples };
}

/** `factor` times as many samples, the one at `at` keeping its place on the screen. */
export function zoomed(view: Range, factor: number, at: number, total: number): Range {
  const samples = clamped({ first: 0, samples: view.samples * factor }, total).samples;
  const place = view.samples > 0 ? (at - view.first) / view.samples : 0;
  return clamped({ first: at - place * samples, samples }, total);
}

export const panned = (view: Range, by: number, total: number): Range => clamped({ first: view.first + by, samples: view.samples }, total);

/** The view in which two samples lie at two pixels: what two fingers do. */
export function pinched(samples: [number, number], pixels: [number, number], width: number, total: number): Range {
  const apart = pixels[1] - pixels[0];
  const perPixel = Math.abs(apart) < 1 ? 0 : Math.max(0, (samples[1] - samples[0]) / apart);
  const wanted = perPixel > 0 ? perPixel * width : total;
  return clamped({ first: samples[0] - (pixels[0] / width) * wanted, samples: wanted }, total);
}

/** The whole samples that a view touches, as a request has them. */
export function askedFor(view: Range, total: number): Range {
  const first = Math.floor(within(view.first, 0, total));
  return { first, samples: Math.ceil(within(endOf(view), first, total)) - first };
}

export const toPixel = (view: Range, width: number, sample: number): number => ((sample - view.first) / view.samples) * width;
export const toSample = (view: Range, width: number, pixel: number): number => view.first + (pixel / width) * view.samples;

/** A range with a part of it around, an eighth on each side: how a window is looked at. */
export const around = (range: Range, total: number): Range =>
  clamped({ first: range.first - range.samples / 8, samples: range.samples * 1.25 }, total);

// Cursors stand between samples: [2, 5] has samples 2, 3 and 4.
export type Cursors = [number, number];

export const cursorAt = (sample: number, total: number): number => within(Math.round(sample), 0, total);

/** What lies between the cursors; undefined when they stand at one place. */
export function between(cursors: Cursors | undefined): Range | undefined {
  if (!cursors || cursors[0] === cursors[1]) return undefined;
  return { first: Math.min(...cursors), samples: Math.abs(cursors[1] - cursors[0]) };
}

/** Where cursors are first put: at the first window that is wholly in the view, or around the view's middle half. */
export function firstCursors(view: Range, windows: TraceWindow[], total: number): Cursors {
  const window = windows.find((each) => each.first >= view.first && endOf(each) <= endOf(view));
  const range = window ?? { first: view.first + view.samples / 4, samples: view.samples / 2 };
  return [cursorAt(range.first, total), cursorAt(endOf(range), total)];
}

// The URL.
export interface TraceState {
  /** Undefined: the whole recording. */
  view: Range | undefined;
  cursors: Cursors | undefined;
  /** The run that is drawn beside this one; '': none. */
  overlay: string;
  /** The current's axis fits what is shown, not the whole recording. */
  fit: boolean;
}

const wholeNumber = (text: string | null): number | undefined => (text && /^\d{1,15}$/.test(text) ? Number(text) : undefined);

/** What cannot be read is as if it were not there. */
export function stateOf(query: URLSearchParams): TraceState {
  const [first, samples] = [wholeNumber(query.get('first')), wholeNumber(query.get('samples'))];
  const [a, b] = [wholeNumber(query.get('a')), wholeNumber(query.get('b'))];
  return {
    view: first !== undefined && samples ? { first, samples } : undefined,
    cursors: a !== undefined && b !== undefined ? [a, b] : undefined,
    overlay: query.get('overlay') ?? '',
    fit: query.get('y') === 'fit',
  };
}

/** Changes of the query, for withQuery(). */
export function queryOf({ view, cursors, overlay, fit }: TraceState): Record<string, string | undefined> {
  return {
    first: view && String(Math.round(view.first)),
    samples: view && String(Math.max(1, Math.round(view.samples))),
    a: cursors && String(cursors[0]),
    b: cursors && String(cursors[1]),
    overlay: overlay || undefined,
    y: fit ? 'fit' : undefined,
  };
}

// What is drawn.
export interface Picture extends Range {
  samplesPerPoint: number;
  minUa: number[];
  maxUa: number[];
  meanUa: number[];
  /** Runs of points without a sample that came: [first, end). */
  lost: [number, number][];
}

/** Neighbours among ascending numbers, as [first, end). */
export function runsOf(numbers: number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last && last[1] === number) last[1]++;
    else runs.push([number, number + 1]);
  }
  return runs;
}

export function pictureOf(answer: GetEnergyTraceResponse): Picture {
  const [minUa, maxUa, meanUa] = [answer.minUa ?? [], answer.maxUa ?? [], answer.meanUa ?? []].map((values) => values.map(toNumber)) as [number[], number[], number[]];
  const samplesPerPoint = Math.max(1, toNumber(answer.samplesPerPoint));
  // The last point has what is left.
  const samples = Math.min(toNumber(answer.sum?.samples), samplesPerPoint * meanUa.length);
  return { first: toNumber(answer.firstSample), samples, samplesPerPoint, minUa, maxUa, meanUa, lost: runsOf(answer.lostPoints ?? []) };
}

/** The runs of points that have a value. */
export function pointRuns(picture: Picture): [number, number][] {
  const runs: [number, number][] = [];
  let from = 0;
  for (const [first, end] of [...picture.lost, [picture.meanUa.length, 0] as const]) {
    if (first > from) runs.push([from, first]);
    from = end;
  }
  return runs;
}

/** Heights in paths are whole numbers, this at `peakOf`; places are points. A transform brings both to the screen. */
export const PATH_HEIGHT = 10_000;

/** The farthest of its values from 0, never 0 itself. */
export const peakOf = (picture: Picture): number => {
  const { low, high } = extremes(picture, picture);
  return Math.max(Math.abs(low), Math.abs(high)) || 1;
};

/** Steps, for a point is a stretch of time: the mean as a line, and the band from least to most. Lost points are gaps. */
export function pathsOf(picture: Picture): { band: string; mean: string } {
  const peak = peakOf(picture);
  const height = (value: number | undefined) => Math.round(((value ?? 0) / peak) * PATH_HEIGHT);
  const count = picture.samples / picture.samplesPerPoint;
  const place = (point: number) => Math.min(point, count);
  const band: string[] = [];
  const mean: string[] = [];
  for (const [first, end] of pointRuns(picture)) {
    band.push(`M${first} ${height(picture.maxUa[first])}`);
    mean.push(`M${first} ${height(picture.meanUa[first])}`);
    for (let point = first; point < end; point++) {
      band.push(`V${height(picture.maxUa[point])}H${place(point + 1)}`);
      mean.push(`V${height(picture.meanUa[point])}H${place(point + 1)}`);
    }
    for (let point = end - 1; point >= first; point--) band.push(`V${height(picture.minUa[point])}H${point}`);
    band.push('Z');
  }
  return { band: band.join(''), mean: mean.join('') };
}

/** Least and most current of the points that a range touches; 0 is always among them. */
export function extremes(picture: Picture, range: Range): { low: number; high: number } {
  let [low, high] = [0, 0];
  const point = (sample: number) => (sample - picture.first) / picture.samplesPerPoint;
  for (const [first, end] of pointRuns(picture)) {
    const last = Math.min(end, Math.ceil(point(endOf(range))));
    for (let i = Math.max(first, Math.floor(point(range.first))); i < last; i++) {
      low = Math.min(low, picture.minUa[i] ?? 0);
      high = Math.max(high, picture.maxUa[i] ?? 0);
    }
  }
  return { low, high };
}

/** Parts of a view that a picture does not cover: there the coarse one of the whole stands until the next is there. */
export function uncovered(view: Range, picture: Range | undefined): Range[] {
  const end = endOf(view);
  if (!picture || picture.first >= end || endOf(picture) <= view.first) return [view];
  const parts = [
    { first: view.first, samples: picture.first - view.first },
    { first: endOf(picture), samples: end - endOf(picture) },
  ];
  return parts.filter((part) => part.samples > 0);
}

/** Round numbers from low to high, at most so many. */
export function ticksOf(low: number, high: number, most: number): { ticks: number[]; step: number } {
  const span = high - low;
  if (!(span > 0) || most < 1) return { ticks: [], step: 0 };
  const power = 10 ** Math.floor(Math.log10(span / most));
  const step = ([1, 2, 5, 10].find((factor) => span / (factor * power) <= most) ?? 10) * power;
  const ticks: number[] = [];
  // "+ 0": never a negative one.
  for (let i = Math.ceil(low / step - 1e-9) + 0; i * step <= high + step * 1e-9; i++) ticks.push(i * step);
  return { ticks, step };
}

/** A time of the recording, with decimals enough to tell it from one a step away: "1.20340 s". */
export function timeText(microseconds: number, stepUs: number, mostUs = Math.abs(microseconds)): string {
  const [scale, unit] = ([[1e6, 's'], [1e3, 'ms']] as const).find(([limit]) => mostUs >= limit) ?? ([1, 'µs'] as const);
  const decimals = within(Math.ceil(-Math.log10(stepUs / scale) - 1e-9), 0, 9);
  return `${grouped(Number((microseconds / scale).toFixed(decimals)), decimals)} ${unit}`;
}

// Windows, and operators within them.
export interface TraceWindow extends Range {
  /** From 1, as the table of windows counts. */
  number: number;
  inferences: number;
  energyUj: number;
}

export const windowsOf = (energy: EnergyResult): TraceWindow[] =>
  (energy.windows ?? []).map((window, i) => ({
    number: i + 1,
    first: toNumber(window.firstSample),
    samples: toNumber(window.samples),
    inferences: window.inferences ?? 0,
    energyUj: toNumber(window.energyUj),
  }));

export interface Band extends Range {
  kind: string;
  text: string;
}

/** An inference narrower than this has no room for its operators. */
const LEAST_INFERENCE_PIXELS = 100;

/**
 * An estimate: every inference of a window as long as the others, every operator with its share of the profile.
 * Neighbours too narrow to be seen stand together. Empty unless an inference is wide enough.
 */
export function operatorBands(windows: TraceWindow[], operators: OperatorProfile[], view: Range, width: number): Band[] {
  const bands: Band[] = [];
  const shares = operators.reduce((sum, operator) => sum + toNumber(operator.share), 0);
  if (shares <= 0) return bands;
  const onePixel = view.samples / width;
  for (const window of windows) {
    const length = window.samples / window.inferences;
    if (!(window.inferences > 0) || length < LEAST_INFERENCE_PIXELS * onePixel) continue;
    const firstShown = Math.max(0, Math.floor((view.first - window.first) / length));
    const endShown = Math.min(window.inferences, Math.ceil((endOf(view) - window.first) / length));
    for (let inference = firstShown; inference < endShown; inference++) {
      let at = window.first + inference * length;
      let several: { first: number; count: number } | undefined;
      const close = () => {
        if (several) bands.push({ first: several.first, samples: at - several.first, kind: '', text: `${several.count} operators` });
        several = undefined;
      };
      for (const operator of operators) {
        const samples = (length * toNumber(operator.share)) / shares;
        if (at + samples > view.first && at < endOf(view)) {
          const narrow = samples < onePixel;
          if (!narrow) close();
          if (narrow) several = { first: several?.first ?? at, count: (several?.count ?? 0) + 1 };
          else bands.push({ first: at, samples, kind: operator.kind || 'unknown', text: `#${operator.index ?? 0} ${operator.kind ?? 'unknown'}` });
        }
        at += samples;
      }
      close();
    }
  }
  return bands;
}

// A second run.
export interface Alignment {
  /** A sample of this run and the one of the other that lies at the same place: the begins of their first windows. */
  mine: number;
  theirs: number;
  /** Samples of the other run in the time of one of this run. */
  scale: number;
}

export function alignmentOf(mine: EnergyResult, theirs: EnergyResult): Alignment | undefined {
  const [first, other] = [mine.windows?.[0], theirs.windows?.[0]];
  if (!first || !other || !mine.samplesPerSecond || !theirs.samplesPerSecond) return undefined;
  return { mine: toNumber(first.firstSample), theirs: toNumber(other.firstSample), scale: theirs.samplesPerSecond / mine.samplesPerSecond };
}

/** The other run's samples in a view of this one; undefined when it has none there. */
export function theirRange(view: Range, { mine, theirs, scale }: Alignment, theirTotal: number): Range | undefined {
  const range = askedFor({ first: theirs + (view.first - mine) * scale, samples: view.samples * scale }, theirTotal);
  return range.samples > 0 ? range : undefined;
}

/** The other run's picture at its place on this run's timeline. */
export const placed = (picture: Picture, { mine, theirs, scale }: Alignment): Picture => ({
  ...picture,
  first: mine + (picture.first - theirs) / scale,
  samples: picture.samples / scale,
  samplesPerPoint: picture.samplesPerPoint / scale,
});

/** Points as rows: where each begins, how long it is, and its currents; empty where all samples were lost. */
export function rowsOf(picture: Picture, samplesPerSecond: number): (string | number)[][] {
  const lost = new Set(picture.lost.flatMap(([first, end]) => Array.from({ length: end - first }, (_, i) => first + i)));
  return picture.meanUa.map((mean, i) => {
    const first = picture.first + i * picture.samplesPerPoint;
    const samples = Math.min(picture.samplesPerPoint, endOf(picture) - first);
    const currents = lost.has(i) ? ['', '', ''] : [picture.minUa[i] ?? 0, mean, picture.maxUa[i] ?? 0];
    return [first, samples, Number(((first * 1e6) / samplesPerSecond).toFixed(3)), ...currents];
  });
}

export const ROW_COLUMNS = ['first_sample', 'samples', 'time_us', 'min_ua', 'mean_ua', 'max_ua'];
