import { expect, test } from 'vitest';
import type { LeaderboardGroup } from '../src/api/types';
import { csvOf } from '../src/model/csv';
import { commandOf, joinPages, kindOf, ofKind, requestOf, sorted, sortOf, tiedRanks } from '../src/model/leaderboard';

const emulated: LeaderboardGroup = {
  modelName: 'kws',
  modelSha256: 'aa',
  emulated: true,
  timingSource: 'TIMING_SOURCE_INSTRUCTION_COUNT',
  tickUnit: 'TICK_UNIT_INSTRUCTIONS',
  entries: [
    { rank: 1, boardType: 'm55', latencyMedianTicks: 900, arenaBytes: '100', runId: 'a', latencyIntervalTicks: { known: true, low: 890, high: 910 } },
    { rank: 2, boardType: 'm4', latencyMedianTicks: 1800, arenaBytes: '20', runId: 'b' },
    { rank: 2, boardType: 'm33', latencyMedianTicks: 1700, arenaBytes: '100', runId: 'c' },
  ],
};
const silicon: LeaderboardGroup = { modelName: 'kws', modelSha256: 'aa', timingSource: 'TIMING_SOURCE_HARDWARE_CLOCK', entries: [{ rank: 1, runId: 'd' }] };
const host: LeaderboardGroup = { ...silicon, timingSource: 'TIMING_SOURCE_HOST_CLOCK' };

test('emulated boards, silicon and host processes are different kinds', () => {
  expect([emulated, silicon, host].map(kindOf)).toEqual(['emulated', 'silicon', 'host']);
  expect(ofKind([emulated, silicon, host], 'silicon')).toEqual([silicon]);
  expect(ofKind([emulated, silicon, host], null)).toHaveLength(3);
});

test('the URL gives request, command and order', () => {
  const query = new URLSearchParams("model=k'w s&board=mps2-an386&sort=-latency&kind=emulated");
  expect(requestOf(query)).toEqual({ pageSize: 100, model: "k'w s", boardType: 'mps2-an386' });
  expect(commandOf(query)).toBe("tinyrig leaderboard --model 'k'\\''w s' --board-type mps2-an386");
  expect(sortOf(query)).toEqual({ by: 'latency', descending: true });
  expect(sortOf(new URLSearchParams('sort=constructor'))).toEqual({ by: 'rank', descending: false });
});

test('rows sort by a column, then by rank, and leave the answer as it was', () => {
  const entries = emulated.entries!;
  expect(sorted(entries, 'arena', true).map((entry) => entry.runId)).toEqual(['a', 'c', 'b']);
  expect(sorted(entries, 'latency', false).map((entry) => entry.runId)).toEqual(['a', 'c', 'b']);
  expect(entries.map((entry) => entry.runId)).toEqual(['a', 'b', 'c']);
});

test('a rank that two rows hold is a tie', () => {
  expect([...tiedRanks(emulated.entries!)]).toEqual([2]);
});

test('a group that goes on at the next page is one group', () => {
  const joined = joinPages([emulated], [{ ...emulated, entries: [{ rank: 4, runId: 'e' }] }, silicon]);
  expect(joined.map((group) => group.entries?.length)).toEqual([4, 1]);
  expect(emulated.entries).toHaveLength(3);
});

test('CSV says "unknown" for an unknown interval, quotes, and defuses formulas', () => {
  const [head, first, second] = csvOf([{ ...emulated, modelName: '=1+1', comparability: 'seed 1, "golden"' }]).split('\r\n');
  const column = head!.split(',').indexOf('interval_low_ticks') + 1; // the quoted text before it holds one comma
  expect(first).toContain("'=1+1,aa,true");
  expect(first).toContain('"seed 1, ""golden"""');
  expect(first!.split(',')[column]).toBe('890');
  expect(second!.split(',')[column]).toBe('unknown');
});
