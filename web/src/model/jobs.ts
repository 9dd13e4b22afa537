// Jobs as the pages show them, changed by events.
import type { Job, LogLine, RunSummary } from '../api/types';

/** The list, newest first, with this job as it is now. Events carry jobs without their runs. */
export function withJob(jobs: Job[], job: Job): Job[] {
  const at = jobs.findIndex((other) => other.jobId === job.jobId);
  return at >= 0 ? jobs.with(at, job) : [job, ...jobs];
}

/** A job with what an event told of it; runs and cells left out stay, as events of jobs may lack them. */
export function withJobState(job: Job, event: Job): Job {
  return {
    ...event,
    runs: job.runs ?? [],
    skippedCells: event.skippedCells?.length ? event.skippedCells : (job.skippedCells ?? []),
  };
}

export function withRun(job: Job, run: RunSummary): Job {
  const runs = job.runs ?? [];
  const at = runs.findIndex((other) => other.runId === run.runId);
  return { ...job, runs: at >= 0 ? runs.with(at, run) : [...runs, run] };
}

const MOST_LOG_LINES = 500;

/** The newest lines only: a page is no archive, `tinyrig job logs` is. */
export const withLogLine = (lines: LogLine[], line: LogLine): LogLine[] => [...lines, line].slice(-MOST_LOG_LINES);

export function finishedRuns(runs: RunSummary[]): number {
  return runs.filter((run) => run.state === 'RUN_STATE_FINISHED').length;
}
