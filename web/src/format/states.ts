// States of boards, jobs and runs as words, icons and tones.
import type { Activity, Health, Outcome, RunState, Validity } from '../api/types';
import { UNKNOWN, type Word, word } from './words';

const ACTIVITIES: Partial<Record<Activity, Word>> = {
  ACTIVITY_OFFLINE: word('offline', '○', 'bad'),
  ACTIVITY_IDLE: word('idle', '●', 'quiet'),
  ACTIVITY_LEASED: word('leased', '◐', 'busy'),
  ACTIVITY_BUSY: word('busy', '▶', 'busy'),
  ACTIVITY_CLEANING: word('cleaning', '↺', 'busy'),
  ACTIVITY_RECOVERING: word('recovering', '↻', 'warn'),
};

const HEALTHS: Partial<Record<Health, Word>> = {
  HEALTH_UNKNOWN: word('unknown', '?', 'unknown'),
  HEALTH_GOOD: word('good', '✓', 'good'),
  HEALTH_DEGRADED: word('degraded', '▲', 'warn'),
  HEALTH_QUARANTINED: word('quarantined', '✕', 'bad'),
  HEALTH_MAINTENANCE: word('maintenance', '■', 'quiet'),
  HEALTH_RETIRED: word('retired', '□', 'quiet'),
};

const STATES: Partial<Record<RunState, Word>> = {
  RUN_STATE_QUEUED: word('queued', '◷', 'quiet'),
  RUN_STATE_LEASED: word('leased', '◐', 'busy'),
  RUN_STATE_PREPARING: word('preparing', '▶', 'busy'),
  RUN_STATE_MEASURING: word('measuring', '▶', 'busy'),
  RUN_STATE_COLLECTING: word('collecting', '▶', 'busy'),
  RUN_STATE_FINISHED: word('finished', '■', 'quiet'),
};

const OUTCOMES: Partial<Record<Outcome, Word>> = {
  OUTCOME_SUCCEEDED: word('succeeded', '✓', 'good'),
  OUTCOME_USER_ERROR: word('user error', '✕', 'bad'),
  OUTCOME_BOARD_ERROR: word('board error', '✕', 'bad'),
  OUTCOME_INFRA_ERROR: word('infrastructure error', '✕', 'bad'),
  OUTCOME_CANCELLED: word('cancelled', '■', 'quiet'),
  OUTCOME_TIMED_OUT: word('timed out', '✕', 'bad'),
  OUTCOME_INCONCLUSIVE: word('inconclusive', '?', 'unknown'),
};

const VALIDITIES: Partial<Record<Validity, Word>> = {
  VALIDITY_VALID: word('valid', '✓', 'good'),
  VALIDITY_INVALID: word('invalid', '✕', 'bad'),
};

export const activityWord = (value: Activity | undefined): Word => (value && ACTIVITIES[value]) ?? UNKNOWN;
export const healthWord = (value: Health | undefined): Word => (value && HEALTHS[value]) ?? UNKNOWN;
export const stateWord = (value: RunState | undefined): Word => (value && STATES[value]) ?? UNKNOWN;
export const validityWord = (value: Validity | undefined): Word =>
  (value && VALIDITIES[value]) ?? word('validity unknown', '?', 'unknown');

/** One word for a job or run: what it does, or how it ended. */
export function progressWord(state: RunState | undefined, outcome: Outcome | undefined): Word {
  return (outcome && OUTCOMES[outcome]) ?? (state === 'RUN_STATE_FINISHED' ? UNKNOWN : stateWord(state));
}
