// One run: how it ended, whether it may be trusted, and what was measured.
import type { OperatorProfile, ProfileFormat, Run } from '../api/types';
import { Chip, Command, Download, EmulatedBadge, Failure, Heading, Loading, Progress } from '../components/basics';
import { lazyPart } from '../components/lazy';
import { EnergySection } from '../components/run_energy';
import { LatencySection } from '../components/run_latency';
import { MemorySection } from '../components/run_memory';
import { ProfileSection } from '../components/run_profile';
import { AttemptsSection, ProvenanceSection, VerificationLine } from '../components/run_provenance';
import { toNumber } from '../format/number';
import { exact } from '../format/time';
import { progressWord, validityWord } from '../format/states';
import { tickUnit, timingSource } from '../format/words';
import { useLiveEvents, useResource, useServices } from '../services';

const EnergyTraceSection = lazyPart(() => import('../components/energy_trace').then((module) => module.EnergyTraceSection));

const NO_OPERATORS: OperatorProfile[] = [];

function Header({ run, id }: { run: Run; id: string }) {
  const summary = run.summary ?? {};
  const result = run.result;
  const { call } = useServices();
  const exported = async () => JSON.stringify(await call('tinyrig.v1.RunService/ExportRun', { runId: id }), null, 2);
  const profile = async (format: ProfileFormat) =>
    (await call('tinyrig.v1.RunService/ExportProfile', { runId: id, format })).content ?? '';
  const finished = summary.state === 'RUN_STATE_FINISHED';
  return (
    <>
      <Heading title={`${summary.modelName} on ${summary.boardType}`}>
        {summary.modelName} <span class="fine">on</span> {summary.boardType} {result?.provenance?.emulated && <EmulatedBadge />}
      </Heading>
      <p class="meta">
        <Chip word={progressWord(summary.state, summary.outcome)} />{' '}
        {result && <Chip word={validityWord(result.validity)} title={result.invalidReasons?.join('; ')} />}{' '}
        {result?.provenance && (
          <span class="badge plain">
            {timingSource(result.provenance.timingSource)}, {tickUnit(result.provenance.tickUnit)}
          </span>
        )}{' '}
        {summary.runtime} · {summary.boardId ? `board ${summary.boardId}` : 'no board yet'} ·{' '}
        {run.finishTime ? exact(run.finishTime) : 'not finished'} · job <a href={`/jobs/${encodeURIComponent(run.jobId ?? '')}`}>{run.jobId}</a>
      </p>
      {!finished && (
        <p class="state">
          <Progress step={summary.step || 'waiting for a board'} ratio={toNumber(summary.stepProgress)} />
        </p>
      )}
      {finished && summary.outcome !== 'OUTCOME_SUCCEEDED' && (
        <div class="state failure">
          <strong>{summary.message || 'The run says no more.'}</strong> {summary.reason && <code>{summary.reason}</code>}
        </div>
      )}
      {result?.validity === 'VALIDITY_INVALID' && (
        <div class="state failure">
          <strong>These numbers must not be trusted:</strong>
          <ul>
            {(result.invalidReasons ?? ['no reason was given']).map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        </div>
      )}
      <div class="tools">
        <Command text={`tinyrig run show ${id}`} />
        {result && (
          <Download name={`tinyrig-run-${id}.json`} type="application/json" content={exported}>
            Save with raw samples
          </Download>
        )}
        {result?.profile && (
          <>
            <Download name={`tinyrig-profile-${id}.trace.json`} type="application/json" content={() => profile('PROFILE_FORMAT_CHROME_TRACE')}>
              Save trace for Perfetto
            </Download>
            <Download name={`tinyrig-profile-${id}.csv`} type="text/csv" content={() => profile('PROFILE_FORMAT_CSV')}>
              Save profile as CSV
            </Download>
          </>
        )}
      </div>
    </>
  );
}

export function RunPage({ id }: { id: string }) {
  const { announce } = useServices();
  const resource = useResource(id, async (call, signal) => (await call('tinyrig.v1.RunService/GetRun', { runId: id }, signal)).run ?? {});
  useLiveEvents(({ run }) => {
    if (run?.runId !== id) return;
    resource.update((shown) => ({ ...shown, summary: run }));
    if (run.state === 'RUN_STATE_FINISHED') {
      announce(`The run has ${progressWord(run.state, run.outcome).text}`);
      resource.reload();
    }
  });
  const { data: run, error } = resource;
  const result = run?.result;
  return (
    <>
      {!run && <Heading title={`Run ${id}`} />}
      {error && <Failure error={error} retry={resource.reload} />}
      {!run && !error && <Loading what="the run" />}
      {run && <Header run={run} id={id} />}
      {result && <VerificationLine verification={result.verification} />}
      {result?.latency && <LatencySection latency={result.latency} provenance={result.provenance} />}
      {result?.energy && <EnergySection energy={result.energy} settings={run?.settings} id={id} />}
      {result?.energy && <EnergyTraceSection key={id} id={id} energy={result.energy} operators={result.profile?.operators ?? NO_OPERATORS} />}
      {result?.profile && <ProfileSection profile={result.profile} provenance={result.provenance} />}
      {result?.memory && <MemorySection memory={result.memory} operators={result.profile?.operators ?? []} />}
      {run && result && <ProvenanceSection run={run} provenance={result.provenance} />}
      {run?.attempts && run.attempts.length > 0 && <AttemptsSection attempts={run.attempts} />}
    </>
  );
}
