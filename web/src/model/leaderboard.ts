// What the leaderboard page makes of the API's groups: filters from the URL, order within a group, ties.
import { toNumber } from '../format/number';
import type { LeaderboardEntry, LeaderboardGroup, QueryLeaderboardRequest } from '../api/types';

export const FILTERS = ['model', 'board', 'runtime', 'kind'] as const;
export type FilterName = (typeof FILTERS)[number];

export function requestOf(query: URLSearchParams): QueryLeaderboardRequest {
  const request: QueryLeaderboardRequest = { pageSize: 100 };
  const [model, board, runtime] = [query.get('model'), query.get('board'), query.get('runtime')];
  if (model) request.model = model;
  if (board) request.boardType = board;
  if (runtime) request.runtime = runtime;
  return request;
}

/** The command that prints the same rows in a terminal. */
export function commandOf(query: URLSearchParams): string {
  const options: [FilterName, string][] = [['model', '--model'], ['board', '--board-type'], ['runtime', '--runtime']];
  const quoted = (value: string) => (/^[\w.:@-]+$/.test(value) ? value : `'${value.replaceAll("'", "'\\''")}'`);
  return ['tinyrig leaderboard', ...options.flatMap(([name, option]) => {
    const value = query.get(name);
    return value ? [`${option} ${quoted(value)}`] : [];
  })].join(' ');
}

/** Groups of the wanted kind: "emulated", "silicon" or "host"; anything else is all of them. */
export function ofKind(groups: LeaderboardGroup[], kind: string | null): LeaderboardGroup[] {
  return kind ? groups.filter((group) => kindOf(group) === kind) : groups;
}

export function kindOf(group: LeaderboardGroup): 'emulated' | 'silicon' | 'host' {
  if (group.timingSource === 'TIMING_SOURCE_HOST_CLOCK') return 'host';
  return group.emulated ? 'emulated' : 'silicon';
}

/** Appends a further page: a group that goes on there is joined, never shown twice. */
export function joinPages(first: LeaderboardGroup[], next: LeaderboardGroup[]): LeaderboardGroup[] {
  const joined = first.map((group) => ({ ...group }));
  for (const group of next) {
    const key = groupKey(group);
    const known = joined.find((other) => groupKey(other) === key);
    if (known) known.entries = [...(known.entries ?? []), ...(group.entries ?? [])];
    else joined.push(group);
  }
  return joined;
}

export const groupKey = (group: LeaderboardGroup): string =>
  [group.modelSha256, group.emulated ?? false, group.timingSource, group.tickUnit, group.comparability].join('|');

export const SORTS = {
  rank: (entry: LeaderboardEntry) => entry.rank ?? 0,
  board: (entry: LeaderboardEntry) => entry.boardType ?? '',
  runtime: (entry: LeaderboardEntry) => entry.runtime ?? '',
  latency: (entry: LeaderboardEntry) => toNumber(entry.latencyMedianTicks),
  arena: (entry: LeaderboardEntry) => toNumber(entry.arenaBytes),
  ram: (entry: LeaderboardEntry) => toNumber(entry.ramBytes),
  flash: (entry: LeaderboardEntry) => toNumber(entry.flashBytes),
  measured: (entry: LeaderboardEntry) => entry.measureTime ?? '',
};
export type SortName = keyof typeof SORTS;

/** "latency" or "-latency" from the URL; anything unknown sorts by rank. */
export function sortOf(query: URLSearchParams): { by: SortName; descending: boolean } {
  const text = query.get('sort') ?? 'rank';
  const descending = text.startsWith('-');
  const name = descending ? text.slice(1) : text;
  return Object.hasOwn(SORTS, name) ? { by: name as SortName, descending } : { by: 'rank', descending: false };
}

export function sorted(entries: LeaderboardEntry[], by: SortName, descending: boolean): LeaderboardEntry[] {
  const key = SORTS[by];
  const sign = descending ? -1 : 1;
  return [...entries].sort((a, b) => {
    const [x, y] = [key(a), key(b)];
    return (x < y ? -1 : x > y ? 1 : 0) * sign || (a.rank ?? 0) - (b.rank ?? 0);
  });
}

/** Ranks that more than one row of the group holds. */
export function tiedRanks(entries: LeaderboardEntry[]): Set<number> {
  const seen = new Set<number>();
  const tied = new Set<number>();
  for (const { rank = 0 } of entries) (seen.has(rank) ? tied : seen).add(rank);
  return tied;
}
