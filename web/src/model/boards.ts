// The farm as the boards page shows it: the list, changed by events.
import type { Board } from '../api/types';

/** The list with this board as it is now; a board that was not in it is added, in the order of names. */
export function withBoard(boards: Board[], board: Board): Board[] {
  const at = boards.findIndex((other) => other.id === board.id);
  if (at >= 0) return boards.with(at, board);
  return [...boards, board].sort((a, b) => ((a.id ?? '') < (b.id ?? '') ? -1 : 1));
}

/** What changed in words, for a listener; undefined when nothing that matters did. */
export function changeOf(before: Board | undefined, after: Board): string | undefined {
  const name = after.id ?? 'a board';
  const plain = (value: string | undefined) => (value ?? 'unknown').replace(/^[A-Z]+_/, '').toLowerCase();
  if (!before) return `${name} joined the farm`;
  if (before.health !== after.health) return `${name} health is ${plain(after.health)}`;
  const [was, is] = [before.activity, after.activity];
  if (was !== is && (was === 'ACTIVITY_OFFLINE' || is === 'ACTIVITY_OFFLINE' || is === 'ACTIVITY_RECOVERING')) {
    return `${name} is ${plain(is)}`;
  }
  return undefined;
}

/** Sums over the farm, for the line above the table. */
export function countsOf(boards: Board[]): { all: number; idle: number; working: number; trouble: number } {
  const counts = { all: boards.length, idle: 0, working: 0, trouble: 0 };
  for (const { activity, health } of boards) {
    if (activity === 'ACTIVITY_OFFLINE' || health === 'HEALTH_QUARANTINED' || health === 'HEALTH_DEGRADED') counts.trouble++;
    else if (activity === 'ACTIVITY_IDLE') counts.idle++;
    else if (activity !== undefined) counts.working++;
  }
  return counts;
}
