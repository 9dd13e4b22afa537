// End-to-end latency of a run: the median with its interval over sessions, the spread within them shown apart.
import type { LatencyResult, RunProvenance } from '../api/types';
import { duration, grouped, percent, relativeInterval, signedPercent, toNumber } from '../format/number';
import { counted, tickUnit, timingSource } from '../format/words';
import { Scroll, Unknown } from './basics';

/** One line: whisker from min to max, the interval as a band, a dot for each session's median. */
function SpreadChart({ latency, unit }: { latency: LatencyResult; unit: string }) {
  const [min, median, max] = [toNumber(latency.minTicks), toNumber(latency.medianTicks), toNumber(latency.maxTicks)];
  if (max <= min) {
    return <p class="note">All {latency.count} samples are identical: nothing to draw.</p>;
  }
  const at = (ticks: number) => `${(2 + (96 * (ticks - min)) / (max - min)).toFixed(2)}%`;
  const width = (from: number, to: number) => `${((96 * (to - from)) / (max - min)).toFixed(2)}%`;
  const interval = latency.medianIntervalTicks;
  const sessions = (latency.sessionMedianTicks ?? []).map(toNumber);
  const [low, high] = [Math.max(min, toNumber(interval?.low)), Math.min(max, toNumber(interval?.high))];
  return (
    <figure>
      <svg
        class="spread"
        role="img"
        aria-label={`Samples from ${grouped(min)} to ${grouped(max)} ${unit}, median ${grouped(median)}, ${sessions.length} session medians. The table after it has the numbers.`}
      >
        <line x1={at(min)} x2={at(max)} y1="50%" y2="50%" />
        <line x1={at(min)} x2={at(min)} y1="30%" y2="70%" />
        <line x1={at(max)} x2={at(max)} y1="30%" y2="70%" />
        {interval?.known && <rect x={at(low)} width={width(low, Math.max(low, high))} y="20%" height="60%" />}
        {sessions.map((ticks, i) => (
          <circle key={i} cx={at(ticks)} cy="50%" r="4" />
        ))}
        <line class="median" x1={at(median)} x2={at(median)} y1="8%" y2="92%" />
      </svg>
      <figcaption class="ends">
        <span>min {grouped(min)}</span>
        <span>whisker: all samples · band: 95 % interval · dots: session medians</span>
        <span>max {grouped(max)}</span>
      </figcaption>
    </figure>
  );
}

export function LatencySection({ latency, provenance }: { latency: LatencyResult; provenance: RunProvenance | undefined }) {
  const unit = tickUnit(provenance?.tickUnit);
  const median = toNumber(latency.medianTicks);
  const interval = latency.medianIntervalTicks;
  const relative = relativeInterval(median, interval);
  const sessions = latency.sessionMedianTicks ?? [];
  const quantiles: [string, number][] = [
    ['min', toNumber(latency.minTicks)],
    ['median', median],
    ['p90', toNumber(latency.p90Ticks)],
    ['p99', toNumber(latency.p99Ticks)],
    ['max', toNumber(latency.maxTicks)],
  ];
  return (
    <section>
      <h2>Latency</h2>
      <p class="headline">
        <strong>{grouped(median)}</strong> {unit}
        {toNumber(latency.medianUs) > 0 && <> = {duration(toNumber(latency.medianUs))}</>}
        <span class="fine">
          {' '}
          median · n = {latency.count ?? 0} in {counted(latency.sessions ?? 0, 'session')} · {timingSource(provenance?.timingSource)}
          {provenance?.emulated && ', emulated'}
        </span>
      </p>
      <p>
        95 % interval over sessions:{' '}
        {relative ? (
          <>
            <b class="num">
              {grouped(toNumber(interval?.low))} … {grouped(toNumber(interval?.high))}
            </b>{' '}
            {unit} ({relative})
          </>
        ) : (
          <>
            <Unknown why="An interval covers sessions." /> {latency.sessions === 1 ? 'one session says nothing about the spread over sessions.' : 'the run states none.'}
          </>
        )}
      </p>
      <SpreadChart latency={latency} unit={unit} />
      <div class="columns">
        <Scroll label="Quantiles, scrolls sideways">
          <table>
            <caption>
              Over all {latency.count ?? 0} samples, in {unit}
            </caption>
            <tbody>
              {quantiles.map(([name, ticks]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td class="num">{grouped(ticks)}</td>
                  <td class="num fine">{median > 0 && name !== 'median' ? signedPercent(ticks / median - 1, 3) : ''}</td>
                </tr>
              ))}
              <tr>
                <th scope="row" title="Median absolute deviation within sessions">
                  MAD within sessions
                </th>
                <td class="num">{grouped(toNumber(latency.madWithinTicks))}</td>
                <td class="num fine">{median > 0 && percent(toNumber(latency.madWithinTicks) / median, 3)}</td>
              </tr>
            </tbody>
          </table>
        </Scroll>
        <Scroll label="Session medians, scrolls sideways">
          <table>
            <caption>Median of each session (one reset and load), in {unit}</caption>
            <tbody>
              {sessions.map((ticks, i) => (
                <tr key={i}>
                  <th scope="row">session {i + 1}</th>
                  <td class="num">{grouped(toNumber(ticks))}</td>
                  <td class="num fine">{median > 0 && signedPercent(toNumber(ticks) / median - 1, 3)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      </div>
    </section>
  );
}
