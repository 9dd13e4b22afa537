// The energy of a run: what its windows say.
import type { EnergyResult, EnergyWindow } from '../api/types';
import { toNumber } from '../format/number';
import { type Word, word } from '../format/words';

/** Only what says so was measured; the rest came from a model of the board, or nobody knows whence. */
export function methodWord(energy: EnergyResult): Word {
  if (energy.method === 'ENERGY_METHOD_MEASURED') return word('measured', '◉', 'good');
  if (energy.method === 'ENERGY_METHOD_MODELLED') return word('modelled', '≈', 'warn');
  return word('method unknown', '?', 'unknown');
}

/** Microjoules of one inference; undefined in a window that had none. */
export function perInference(window: EnergyWindow): number | undefined {
  const inferences = window.inferences ?? 0;
  return inferences > 0 ? toNumber(window.energyUj) / inferences : undefined;
}

/** How much longer a window is by the instrument than by the board; undefined where the board's ticks are no time. */
export function longerUs(window: EnergyWindow): number | undefined {
  const board = toNumber(window.boardUs);
  return board > 0 ? toNumber(window.instrumentUs) - board : undefined;
}

/** Whether there is a number at all: a result without windows has none, whatever its fields hold. */
export const isKnown = (energy: EnergyResult): boolean =>
  (energy.windows ?? []).length > 0 && toNumber(energy.energyPerInferenceUj) > 0;
