// Tables as CSV; the leaderboard's has one row per entry with everything that its number needs. Fetched when it is wanted.
import type { LeaderboardEntry, LeaderboardGroup } from '../api/types';
import { toNumber } from '../format/number';

type Cell = string | number | boolean | undefined;

const COLUMNS: [string, (group: LeaderboardGroup, entry: LeaderboardEntry) => Cell][] = [
  ['model', (group) => group.modelName],
  ['model_sha256', (group) => group.modelSha256],
  ['emulated', (group) => group.emulated ?? false],
  ['timing_source', (group) => group.timingSource],
  ['tick_unit', (group) => group.tickUnit],
  ['comparability', (group) => group.comparability],
  ['rank', (_, entry) => entry.rank],
  ['board_type', (_, entry) => entry.boardType],
  ['core', (_, entry) => entry.core],
  ['clock_hz', (_, entry) => entry.clockHz],
  ['runtime', (_, entry) => entry.runtime],
  ['agent_build_id', (_, entry) => entry.agentBuildId],
  ['latency_median_ticks', (_, entry) => entry.latencyMedianTicks],
  ['interval_low_ticks', (_, entry) => (entry.latencyIntervalTicks?.known ? toNumber(entry.latencyIntervalTicks.low) : 'unknown')],
  ['interval_high_ticks', (_, entry) => (entry.latencyIntervalTicks?.known ? toNumber(entry.latencyIntervalTicks.high) : 'unknown')],
  ['latency_median_us', (_, entry) => entry.latencyMedianUs],
  ['samples', (_, entry) => entry.sampleCount],
  ['sessions', (_, entry) => entry.sessions],
  ['macs', (_, entry) => entry.macs],
  ['arena_bytes', (_, entry) => entry.arenaBytes],
  ['ram_bytes', (_, entry) => entry.ramBytes],
  ['flash_bytes', (_, entry) => entry.flashBytes],
  ['verified', (_, entry) => entry.verified ?? false],
  ['measure_time', (_, entry) => entry.measureTime],
  ['board_id', (_, entry) => entry.boardId],
  ['run_id', (_, entry) => entry.runId],
];

/** RFC 4180, with a guard against cells that a spreadsheet would run as a formula. */
export function csvLines(columns: string[], rows: Cell[][]): string {
  const cell = (value: Cell) => {
    let text = String(value ?? '');
    if (typeof value === 'string' && /^[=+\-@\t\r]/.test(text)) text = `'${text}`;
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [columns.join(','), ...rows.map((row) => row.map(cell).join(',')), ''].join('\r\n');
}

export function csvOf(groups: LeaderboardGroup[]): string {
  const rows = groups.flatMap((group) => (group.entries ?? []).map((entry) => COLUMNS.map(([, value]) => value(group, entry))));
  return csvLines(COLUMNS.map(([name]) => name), rows);
}
