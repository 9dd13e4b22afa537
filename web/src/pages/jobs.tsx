// The jobs, newest first.
import type { Job } from '../api/types';
import { Age, Chip, Empty, Failure, Heading, Loading, Scroll } from '../components/basics';
import { span } from '../format/time';
import { progressWord } from '../format/states';
import { withJob } from '../model/jobs';
import { useLiveEvents, useResource } from '../services';

const names = (list: string[] | undefined): string => {
  const all = list ?? [];
  return all.length > 4 ? `${all.slice(0, 3).join(', ')} and ${all.length - 3} more` : all.join(', ');
};

function Row({ job }: { job: Job }) {
  const took = job.finishTime && job.createTime ? (Date.parse(job.finishTime) - Date.parse(job.createTime)) / 1000 : undefined;
  return (
    <tr>
      <th scope="row">
        <a href={`/jobs/${encodeURIComponent(job.jobId ?? '')}`} class="mono">
          {job.jobId}
        </a>
      </th>
      <td>
        <Chip word={progressWord(job.state, job.outcome)} />
        {job.cancelRequested && job.state !== 'RUN_STATE_FINISHED' && <small>cancel requested</small>}
      </td>
      <td>{names(job.spec?.models)}</td>
      <td>{names(job.spec?.boards)}</td>
      <td>
        <Age of={job.createTime} />
      </td>
      <td class="num">{took === undefined ? '–' : span(took)}</td>
    </tr>
  );
}

export function JobsPage() {
  const resource = useResource('jobs', async (call, signal) => {
    const answer = await call('tinyrig.v1.JobService/ListJobs', { pageSize: 100 }, signal);
    return { jobs: answer.jobs ?? [], more: Boolean(answer.nextPageToken) };
  });
  const { data, error } = resource;
  useLiveEvents((event) => {
    const job = event.job;
    if (job) resource.update((list) => ({ ...list, jobs: withJob(list.jobs, job) }));
  });
  return (
    <>
      <Heading title="Jobs" />
      {error && <Failure error={error} retry={resource.reload} />}
      {!data && !error && <Loading what="the jobs" />}
      {data?.jobs.length === 0 && (
        <Empty command="tinyrig submit model.tflite --board all --skip-unfit --wait">No jobs yet. Submit one:</Empty>
      )}
      {data && data.jobs.length > 0 && (
        <Scroll label="Jobs, scrolls sideways">
          <table>
            <caption>Jobs, newest first{data.more && '; older ones: tinyrig jobs'}</caption>
            <thead>
              <tr>
                <th scope="col">Job</th>
                <th scope="col">State</th>
                <th scope="col">Models</th>
                <th scope="col">Boards</th>
                <th scope="col">Submitted</th>
                <th scope="col" class="num">
                  Took
                </th>
              </tr>
            </thead>
            <tbody>
              {data.jobs.map((job) => (
                <Row key={job.jobId} job={job} />
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
    </>
  );
}
