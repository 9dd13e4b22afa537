// Words, icons and tones that every page uses. State is never told by colour alone. States of boards and runs: states.ts.
import type { TickUnit, TimingSource } from '../api/types';

/** How a state is coloured. `unknown` is as loud as `bad`. */
export type Tone = 'good' | 'warn' | 'bad' | 'unknown' | 'busy' | 'quiet';

export interface Word {
  text: string;
  icon: string;
  tone: Tone;
}

export const UNKNOWN: Word = { text: 'unknown', icon: '?', tone: 'unknown' };
export const word = (text: string, icon: string, tone: Tone): Word => ({ text, icon, tone });

export const verifiedWord = (verified: boolean | undefined): Word =>
  verified ? word('verified', '✓', 'good') : word('not verified', '?', 'unknown');

/** Unit of a tick, for column heads and after numbers: "instructions", "timer ticks". */
export const tickUnit = (unit: TickUnit | undefined): string =>
  unit && unit !== 'TICK_UNIT_UNSPECIFIED' ? unit.slice(10).toLowerCase().replace('_', ' ') : 'ticks of unknown unit';

const TIMING_SOURCES: Partial<Record<TimingSource, string>> = {
  TIMING_SOURCE_HARDWARE_CLOCK: 'hardware clock',
  TIMING_SOURCE_INSTRUCTION_COUNT: 'instruction count',
  TIMING_SOURCE_HOST_CLOCK: 'host clock',
};

export const timingSource = (source: TimingSource | undefined): string =>
  (source && TIMING_SOURCES[source]) ?? 'timing source unknown';

/** "1 session", "3 sessions". */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
