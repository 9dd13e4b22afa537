// What part of a recording a chart shows, and where things lie in it. Pure; all in samples of the recording.
import type { EnergyWindow, GetEnergyTraceResponse } from '../api/types';
import { toNumber } from '../format/number';

export interface View {
  first: number;
  samples: number;
}

/** Closer than this there is nothing more to see. */
export const LEAST_SAMPLES = 20;

export function clamped(view: View, total: number): View {
  const samples = Math.round(Math.min(total, Math.max(LEAST_SAMPLES, view.samples)));
  return { first: Math.round(Math.min(total - samples, Math.max(0, view.first))), samples };
}

/** `about`: the place that stays where it is, 0 at the left to 1 at the right. `factor` below 1 comes closer. */
export function zoomed(view: View, total: number, factor: number, about = 0.5): View {
  const samples = Math.min(total, Math.max(LEAST_SAMPLES, view.samples * factor));
  return clamped({ first: view.first + (view.samples - samples) * about, samples }, total);
}

/** By a part of what is shown. */
export function panned(view: View, total: number, part: number): View {
  return clamped({ first: view.first + view.samples * part, samples: view.samples }, total);
}

/** A window with a tenth of it on either side. */
export function aroundWindow(window: EnergyWindow, total: number): View {
  const samples = toNumber(window.samples);
  return clamped({ first: toNumber(window.firstSample) - samples / 10, samples: samples * 1.2 }, total);
}

/** "1200+400" of a URL; the whole recording for what is none. */
export function viewOf(text: string | null, total: number): View {
  const found = /^(\d+)\+(\d+)$/.exec(text ?? '');
  return clamped(found ? { first: Number(found[1]), samples: Number(found[2]) } : { first: 0, samples: total }, total);
}

export const viewText = (view: View, total: number): string | undefined =>
  view.samples >= total ? undefined : `${view.first}+${view.samples}`;

/** A place of a URL; undefined: none, or outside. */
export function placeOf(text: string | null, total: number): number | undefined {
  return text !== null && /^\d+$/.test(text) && Number(text) <= total ? Number(text) : undefined;
}

export interface Point {
  first: number;
  samples: number;
  min: number;
  max: number;
  mean: number;
  lost: boolean;
}

export function pointsOf(trace: GetEnergyTraceResponse): Point[] {
  const first = toNumber(trace.firstSample);
  const each = toNumber(trace.samplesPerPoint);
  const end = first + toNumber(trace.sum?.samples);
  const lost = new Set(trace.lostPoints);
  return (trace.meanUa ?? []).map((mean, i) => ({
    first: first + i * each,
    samples: Math.min(each, end - first - i * each),
    min: toNumber(trace.minUa?.[i]),
    max: toNumber(trace.maxUa?.[i]),
    mean: toNumber(mean),
    lost: lost.has(i),
  }));
}

const at = (value: number): string => String(Number(value.toFixed(2)));

/** SVG paths in samples by microampere: the band from least to most, and the mean. Lost points are gaps. */
export function pathsOf(points: Point[], shift = 0): { band: string; mean: string } {
  let band = '';
  let mean = '';
  for (let i = 0; i < points.length; ) {
    if (points[i]?.lost) {
      i += 1;
      continue;
    }
    const begin = i;
    while (i < points.length && !points[i]?.lost) i += 1;
    const run = points.slice(begin, i);
    // Each point is as wide as its samples.
    const steps = (pick: (point: Point) => number, list: Point[], back: boolean) =>
      list.map((point) => {
        const ends = [point.first + shift, point.first + point.samples + shift];
        if (back) ends.reverse();
        return ends.map((x) => `${at(x)} ${at(pick(point))}`).join('L');
      }).join('L');
    band += `M${steps((point) => point.max, run, false)}L${steps((point) => point.min, [...run].reverse(), true)}Z`;
    mean += `M${steps((point) => point.mean, run, false)}`;
  }
  return { band, mean };
}

export interface Band {
  first: number;
  samples: number;
  operator: number;
}

/** Operators by their share, one inference after another, in those that are shown; none while they are too narrow. */
export function operatorBands(windows: EnergyWindow[], shares: number[], view: View, most = 20): Band[] {
  const bands: Band[] = [];
  const sum = shares.reduce((total, share) => total + share, 0);
  if (sum <= 0) return bands;
  for (const window of windows) {
    const begin = toNumber(window.firstSample);
    const length = toNumber(window.samples) / Math.max(1, window.inferences ?? 1);
    if (length <= 0 || view.samples / length > most) continue;
    for (let n = 0; n < (window.inferences ?? 0); n += 1) {
      let first = begin + n * length;
      if (first > view.first + view.samples || first + length < view.first) continue;
      for (const [operator, share] of shares.entries()) {
        const samples = (length * share) / sum;
        bands.push({ first, samples, operator });
        first += samples;
      }
    }
  }
  return bands;
}

/** How far another run's samples lie off so that both first windows begin together. */
export function shiftOf(own: EnergyWindow[], other: EnergyWindow[]): number {
  return toNumber(own[0]?.firstSample) - toNumber(other[0]?.firstSample);
}
