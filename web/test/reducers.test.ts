import { expect, test } from 'vitest';
import { changeOf, countsOf, withBoard } from '../src/model/boards';
import { withJob, withJobState, withLogLine, withRun } from '../src/model/jobs';
import { agreementOf, arenaPeak, byKind, sortedOperators } from '../src/model/profile';

test('a board event replaces its row; an unknown board joins in order', () => {
  const boards = [{ id: 'a' }, { id: 'c' }];
  expect(withBoard(boards, { id: 'c', runsFailed: '1' })).toEqual([{ id: 'a' }, { id: 'c', runsFailed: '1' }]);
  expect(withBoard(boards, { id: 'b' }).map((board) => board.id)).toEqual(['a', 'b', 'c']);
  expect(boards).toHaveLength(2);
});

test('only changes of health and of presence are spoken', () => {
  const board = { id: 'a', activity: 'ACTIVITY_IDLE', health: 'HEALTH_GOOD' } as const;
  expect(changeOf(board, { ...board, activity: 'ACTIVITY_BUSY' })).toBeUndefined();
  expect(changeOf(board, { ...board, activity: 'ACTIVITY_OFFLINE' })).toBe('a is offline');
  expect(changeOf(board, { ...board, health: 'HEALTH_QUARANTINED' })).toBe('a health is quarantined');
  expect(changeOf(undefined, board)).toBe('a joined the farm');
});

test('a board counts once, trouble first', () => {
  expect(
    countsOf([
      { activity: 'ACTIVITY_IDLE', health: 'HEALTH_GOOD' },
      { activity: 'ACTIVITY_IDLE', health: 'HEALTH_QUARANTINED' },
      { activity: 'ACTIVITY_BUSY', health: 'HEALTH_GOOD' },
      { activity: 'ACTIVITY_OFFLINE', health: 'HEALTH_UNKNOWN' },
    ]),
  ).toEqual({ all: 4, idle: 1, working: 1, trouble: 2 });
});

test('job events keep the runs that they do not carry', () => {
  const job = { jobId: 'j', state: 'RUN_STATE_MEASURING', runs: [{ runId: 'r', attempts: 1 }] } as const;
  const running = { ...job, runs: [...job.runs], skippedCells: [{ modelName: 'm' }] };
  expect(withJobState(running, { jobId: 'j', state: 'RUN_STATE_FINISHED', runs: [], skippedCells: [] })).toEqual({
    ...running,
    state: 'RUN_STATE_FINISHED',
  });
  expect(withRun(running, { runId: 'r', attempts: 2 }).runs).toEqual([{ runId: 'r', attempts: 2 }]);
  expect(withRun(running, { runId: 's' }).runs).toHaveLength(2);
  expect(withJob([{ jobId: 'i' }], { jobId: 'j' }).map((each) => each.jobId)).toEqual(['j', 'i']);
  let lines = [{ text: 'first' }];
  for (let i = 0; i < 500; i++) lines = withLogLine(lines, { text: String(i) }) as typeof lines;
  expect([lines.length, lines[0]!.text]).toEqual([500, '0']);
});

test('operators add up by kind, the costliest first', () => {
  const operators = [
    { kind: 'CONV_2D', ticks: 10, share: 0.1, macs: '5' },
    { index: 1, kind: 'SOFTMAX', ticks: 60, share: 0.6 },
    { index: 2, kind: 'CONV_2D', ticks: 30, share: 0.3, macs: '30' },
  ];
  expect(byKind(operators)).toEqual([
    { kind: 'SOFTMAX', ticks: 60, share: 0.6, operators: 1 },
    { kind: 'CONV_2D', ticks: 40, share: 0.4, operators: 2 },
  ]);
  expect(sortedOperators(operators, 'macsPerTick').map((operator) => operator.index ?? 0)).toEqual([2, 0, 1]);
  expect(arenaPeak([{ arenaLiveBytes: '5' }, { arenaLiveBytes: '9' }, { arenaLiveBytes: '9' }])).toBe(1);
  expect(arenaPeak([{}])).toBe(-1);
});

test('the sum of operators is held against the clean count and the overhead', () => {
  const profile = { sumTicks: 1003, instrumentedTicks: 1004, cleanTicks: 1000, overheadRatio: 0.004 };
  expect(agreementOf(profile)).toMatchObject({ difference: 0.003, withinOverhead: true });
  expect(agreementOf({ ...profile, sumTicks: 990 })).toMatchObject({ difference: -0.01, withinOverhead: false });
  expect(agreementOf({ ...profile, cleanTicks: 0 })).toBeUndefined();
});
