// What the run page makes of a profile: shares, time by kind of operator, agreement with the clean end-to-end count.
import { toNumber } from '../format/number';
import type { OperatorProfile, ProfileResult } from '../api/types';

export interface KindTotal {
  kind: string;
  ticks: number;
  share: number;
  operators: number;
}

/** Time by kind of operator, the costliest first. */
export function byKind(operators: OperatorProfile[]): KindTotal[] {
  const totals = new Map<string, KindTotal>();
  for (const operator of operators) {
    const kind = operator.kind || 'unknown';
    const total = totals.get(kind) ?? { kind, ticks: 0, share: 0, operators: 0 };
    total.ticks += toNumber(operator.ticks);
    total.share += toNumber(operator.share);
    total.operators++;
    totals.set(kind, total);
  }
  return [...totals.values()].sort((a, b) => b.ticks - a.ticks);
}

const COLOURS = 6;

/** Class of a kind's colour: the costliest kinds have their own, the rest share one. */
export function colourOf(kinds: KindTotal[], kind: string | undefined): string {
  const place = kinds.findIndex((total) => total.kind === (kind || 'unknown'));
  return `kind-${place >= 0 && place < COLOURS ? place : 'rest'}`;
}

export interface Agreement {
  sumTicks: number;
  cleanTicks: number;
  /** (sum - clean) / clean. */
  difference: number;
  /** (instrumented - clean) / clean. */
  overhead: number;
  /** The sum is no farther from the clean count than the overhead that profiling has. */
  withinOverhead: boolean;
}

/** How the sum of operators compares with the whole; undefined when either is missing. */
export function agreementOf(profile: ProfileResult): Agreement | undefined {
  const sumTicks = toNumber(profile.sumTicks);
  const cleanTicks = toNumber(profile.cleanTicks);
  if (sumTicks <= 0 || cleanTicks <= 0) return undefined;
  const overhead = toNumber(profile.overheadRatio);
  const difference = (sumTicks - cleanTicks) / cleanTicks;
  return { sumTicks, cleanTicks, difference, overhead, withinOverhead: Math.abs(difference) <= Math.abs(overhead) };
}

/** Place of the operator with the most live arena bytes; -1 when none is known. */
export function arenaPeak(operators: OperatorProfile[]): number {
  let peak = -1;
  let most = 0;
  operators.forEach((operator, i) => {
    const live = toNumber(operator.arenaLiveBytes);
    if (live > most) [peak, most] = [i, live];
  });
  return peak;
}

export const OPERATOR_SORTS = {
  index: (operator: OperatorProfile) => operator.index ?? 0,
  kind: (operator: OperatorProfile) => operator.kind ?? '',
  ticks: (operator: OperatorProfile) => -toNumber(operator.ticks),
  macs: (operator: OperatorProfile) => -toNumber(operator.macs),
  macsPerTick: (operator: OperatorProfile) => -(macsPerTick(operator) ?? -1),
};
export type OperatorSort = keyof typeof OPERATOR_SORTS;

/** Undefined where an operator multiplies nothing. */
export function macsPerTick(operator: OperatorProfile): number | undefined {
  const [macs, ticks] = [toNumber(operator.macs), toNumber(operator.ticks)];
  return macs > 0 && ticks > 0 ? macs / ticks : undefined;
}

export function sortedOperators(operators: OperatorProfile[], by: OperatorSort): OperatorProfile[] {
  const key = OPERATOR_SORTS[by];
  return [...operators].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return x < y ? -1 : x > y ? 1 : (a.index ?? 0) - (b.index ?? 0);
  });
}
