// What a run was measured with: everything that one needs to believe it or to do it again.
import type { ComponentChildren } from 'preact';
import type { AgentRuntime, Attempt, Run, RunProvenance, Verification } from '../api/types';
import { frequency, grouped, toNumber } from '../format/number';
import { exact, span } from '../format/time';
import { progressWord } from '../format/states';
import { runtimeName } from '../format/runtime';
import { tickUnit, timingSource } from '../format/words';
import { Chip, Scroll, Unknown } from './basics';

export function VerificationLine({ verification }: { verification: Verification | undefined }) {
  const checked = verification?.inputsChecked ?? 0;
  if (!verification || checked === 0) {
    return (
      <p>
        Outputs: <Unknown why="No expected output was there to compare with." /> not compared with anything.
      </p>
    );
  }
  const matched = verification.inputsMatched ?? 0;
  const against = verification.against === 'AGAINST_EXPECTED' ? 'the expected outputs that came with the model' : 'the portable kernels run by the server';
  const wrong = verification.firstWrongOperator ?? 0;
  return (
    <p>
      Outputs:{' '}
      <Chip word={matched === checked ? { text: 'verified', icon: '✓', tone: 'good' } : { text: 'differ', icon: '✕', tone: 'bad' }} /> {matched} of{' '}
      {checked} inputs equal {against}
      {matched !== checked && wrong >= 0 && <>; the first operator that differs is #{wrong}</>}.
    </p>
  );
}

/** What a runtime was given: "packed for cortex-m4", "the .tflite". */
const modelSent = (runtime: AgentRuntime | undefined): string => {
  if (runtime?.modelFormat === 'MODEL_FORMAT_TFLITE') return 'the .tflite';
  return runtime?.core ? `packed for ${runtime.core}` : 'unknown';
};

function interrupts(provenance: RunProvenance | undefined): ComponentChildren {
  const ran = provenance?.interrupts;
  if (ran === undefined) return <Unknown why="The server of that time did not keep it." />;
  if (!provenance?.interruptsMasked) return 'not masked: a process of an operating system';
  return ran === 0 ? 'masked, none ran' : `masked, and ${ran} ran`;
}

export function ProvenanceSection({ run, provenance }: { run: Run; provenance: RunProvenance | undefined }) {
  const settings = run.settings ?? {};
  const type = provenance?.boardType;
  const agent = provenance?.agent;
  const perSecond = toNumber(provenance?.ticksPerSecond);
  const calibration = toNumber(provenance?.calibrationRatio);
  const facts: [string, ComponentChildren][] = [
    ['Model, SHA-256', <span class="mono">{provenance?.modelSha256 || run.modelSha256}</span>],
    ['Bytes sent, SHA-256', <span class="mono">{provenance?.packedSha256 || 'unknown'}</span>],
    ['Packed format', provenance?.packedFormatVersion || 'none'],
    ['Placement', provenance?.placement || 'unknown'],
    ['Board', `${provenance?.boardId || 'unknown'} (${type?.displayName || type?.id || 'type unknown'})`],
    ['MCU and core', `${type?.mcu || 'unknown'}, ${type?.core || 'unknown'}${provenance?.emulated ? ', emulated' : `, ${frequency(toNumber(type?.clockHz))}`}`],
    ['Chip id', agent?.unitId ? <span class="mono">{agent.unitId}</span> : <Chip word={{ text: 'weak identity', icon: '▲', tone: 'warn' }} />],
    ['Runtime', runtimeName(provenance?.runtime) || run.summary?.runtime || 'unknown'],
    ['Model as sent', modelSent(provenance?.runtime)],
    ['Agent build', <span class="mono">{agent?.buildId || 'unknown'}</span>],
    ['Timing source', `${timingSource(provenance?.timingSource)}, in ${tickUnit(provenance?.tickUnit)}${provenance?.countsCoreCycles ? ", the core's own counter" : ''}`],
    ['Interrupts while measuring', interrupts(provenance)],
    ['Ticks per second', perSecond > 0 ? grouped(perSecond) : 'none: ticks are instructions'],
    ['Calibration', calibration > 0 ? `${calibration.toFixed(6)} of the expected count` : <Unknown why="No calibration loop was run." />],
    ['Sessions × iterations', `${settings.sessions || 3} × ${settings.iterations || 10}, ${settings.warmup || 1} warm-up`],
    ['Input seed', settings.inputSeed || 1],
    ['Server', provenance?.serverVersion || 'unknown'],
  ];
  return (
    <section>
      <h2>Provenance</h2>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

export function AttemptsSection({ attempts }: { attempts: Attempt[] }) {
  return (
    <section>
      <h2>Attempts</h2>
      <Scroll label="Attempts, scrolls sideways">
        <table>
          <caption>An infrastructure or board error sends the run to another board, at most twice</caption>
          <thead>
            <tr>
              <th scope="col" class="num">
                #
              </th>
              <th scope="col">Board</th>
              <th scope="col">Outcome</th>
              <th scope="col">Started</th>
              <th scope="col" class="num">
                Took
              </th>
              <th scope="col">Reason</th>
            </tr>
          </thead>
          <tbody>
            {attempts.map((attempt) => (
              <tr key={attempt.number}>
                <td class="num">{attempt.number}</td>
                <th scope="row">{attempt.boardId}</th>
                <td>
                  {attempt.finishTime ? (
                    <Chip word={progressWord('RUN_STATE_FINISHED', attempt.outcome)} />
                  ) : (
                    <Chip word={{ text: 'under way', icon: '▶', tone: 'busy' }} />
                  )}
                </td>
                <td>{attempt.startTime ? exact(attempt.startTime) : 'unknown'}</td>
                <td class="num">
                  {attempt.finishTime && attempt.startTime ? span((Date.parse(attempt.finishTime) - Date.parse(attempt.startTime)) / 1000) : '–'}
                </td>
                <td class="wrap">
                  {attempt.reason && <code>{attempt.reason}</code>} {attempt.message}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </section>
  );
}
