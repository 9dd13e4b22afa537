// One job: its runs with their progress, what was left out, and its log.
import type { Job, LogLine, RunSummary } from '../api/types';
import { Age, Chip, Command, Failure, Heading, Loading, Progress, Scroll } from '../components/basics';
import { bytes, toNumber } from '../format/number';
import { progressWord } from '../format/states';
import { finishedRuns, withJobState, withLogLine, withRun } from '../model/jobs';
import { useLiveEvents, useResource, useServices } from '../services';

function RunRow({ run }: { run: RunSummary }) {
  return (
    <tr>
      <th scope="row">
        <a href={`/runs/${encodeURIComponent(run.runId ?? '')}`}>{run.modelName}</a>
        <small class="mono">{run.runId}</small>
      </th>
      <td>
        {run.boardType}
        <small>{run.boardId || 'no board yet'}</small>
      </td>
      <td>{run.runtime}</td>
      <td>
        <Chip word={progressWord(run.state, run.outcome)} />
      </td>
      <td class="step">
        {run.state === 'RUN_STATE_FINISHED' ? (
          <span class="wrap">
            {run.reason && <code>{run.reason}</code>} {run.message}
          </span>
        ) : (
          <Progress step={run.step} ratio={toNumber(run.stepProgress)} />
        )}
      </td>
      <td class="num">{run.attempts ?? 0}</td>
    </tr>
  );
}

function Skipped({ job }: { job: Job }) {
  if (!job.skippedCells?.length) return null;
  return (
    <section>
      <h2>Left out</h2>
      <Scroll label="Cells left out, scrolls sideways">
        <table>
          <caption>Models that cannot fit a board, runtimes that no board carries</caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <th scope="col">Board type</th>
              <th scope="col">Runtime</th>
              <th scope="col">Why</th>
              <th scope="col" class="num">
                Missing
              </th>
            </tr>
          </thead>
          <tbody>
            {job.skippedCells.map((cell) => (
              <tr key={`${cell.modelName} ${cell.boardType} ${cell.runtime}`}>
                <th scope="row">{cell.modelName}</th>
                <td>{cell.boardType}</td>
                <td>{cell.runtime}</td>
                <td class="wrap">{cell.message || cell.reason}</td>
                <td class="num">{bytes(toNumber(cell.missingBytes))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}

function Log({ lines }: { lines: LogLine[] }) {
  return (
    <section>
      <h2>Log</h2>
      {lines.length === 0 ? (
        <p class="fine">Nothing logged yet.</p>
      ) : (
        <ol class="log" tabIndex={0} aria-label="Log lines">
          {lines.map((line, i) => (
            <li key={i} class={line.level}>
              <time dateTime={line.time}>{line.time?.slice(11, 19)}</time> <b>{line.level}</b> <i>{line.boardId}</i> {line.text}
            </li>
          ))}
        </ol>
      )}
    </section>
  );
}

export function JobPage({ id }: { id: string }) {
  const { announce } = useServices();
  const resource = useResource(id, async (call, signal) => {
    const [job, logs] = await Promise.all([
      call('tinyrig.v1.JobService/GetJob', { jobId: id }, signal),
      call('tinyrig.v1.JobService/GetJobLogs', { jobId: id }, signal),
    ]);
    return { job: job.job ?? {}, lines: (logs.lines ?? []).slice(-500) };
  });
  const { data, error } = resource;
  useLiveEvents(({ job, run, jobId, log }) => {
    if (job?.jobId === id) resource.update((shown) => ({ ...shown, job: withJobState(shown.job, job) }));
    if (run && jobId === id) {
      if (run.state === 'RUN_STATE_FINISHED') announce(`${run.modelName} on ${run.boardType}: ${progressWord(run.state, run.outcome).text}`);
      resource.update((shown) => ({ ...shown, job: withRun(shown.job, run) }));
    }
    if (log?.jobId === id) resource.update((shown) => ({ ...shown, lines: withLogLine(shown.lines, log) }));
  });
  const job = data?.job;
  const runs = job?.runs ?? [];
  return (
    <>
      <Heading title={`Job ${id}`}>
        Job <span class="mono">{id}</span>
      </Heading>
      {error && <Failure error={error} retry={resource.reload} />}
      {!data && !error && <Loading what="the job" />}
      {job && (
        <>
          <p class="lead">
            <Chip word={progressWord(job.state, job.outcome)} /> {finishedRuns(runs)} of {runs.length} runs finished · submitted{' '}
            <Age of={job.createTime} />
          </p>
          <div class="tools">
            <Command text={`tinyrig job show ${id}`} />
          </div>
          <Scroll label="Runs, scrolls sideways">
            <table>
              <caption>Runs of this job: one model on one board each</caption>
              <thead>
                <tr>
                  <th scope="col">Model</th>
                  <th scope="col">Board</th>
                  <th scope="col">Runtime</th>
                  <th scope="col">State</th>
                  <th scope="col">Step or reason</th>
                  <th scope="col" class="num">
                    Attempts
                  </th>
                </tr>
              </thead>
              <tbody>
                {runs.map((run) => (
                  <RunRow key={run.runId} run={run} />
                ))}
              </tbody>
            </table>
          </Scroll>
          <Skipped job={job} />
          <Log lines={data.lines} />
        </>
      )}
    </>
  );
}
