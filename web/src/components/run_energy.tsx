// Energy of a run: per inference, how well it repeats and how true it may be, and every window it comes from.
import type { ComponentChildren } from 'preact';
import type { EnergyResult, RunSettings } from '../api/types';
import { intervalOf, joulesOf, micro, microsecondsMore, volts } from '../format/energy';
import { duration, frequency, grouped, percent, relativeInterval, toNumber } from '../format/number';
import { counted } from '../format/words';
import { isKnown, longerUs, methodWord, perInference } from '../model/energy';
import { Chip, Scroll, Unknown } from './basics';

/** One line: a dot for each window, the interval as a band. */
function WindowsChart({ energy }: { energy: EnergyResult }) {
  const median = toNumber(energy.energyPerInferenceUj);
  const dots = (energy.windows ?? []).map(perInference).filter((value) => value !== undefined);
  const interval = energy.intervalUj?.known ? [toNumber(energy.intervalUj.low), toNumber(energy.intervalUj.high)] : [];
  const [min, max] = [Math.min(median, ...dots, ...interval), Math.max(median, ...dots, ...interval)];
  if (max <= min) return <p class="note">All windows agree: nothing to draw.</p>;
  const at = (value: number) => `${(2 + (96 * (value - min)) / (max - min)).toFixed(2)}%`;
  const [low, high] = interval;
  const joules = joulesOf(median, [min, max]);
  return (
    <figure>
      <svg
        class="spread"
        role="img"
        aria-label={`Energy per inference of ${dots.length} windows, from ${joules(min)} to ${joules(max)}, median ${joules(median)}. The table after it has the numbers.`}
      >
        <line x1={at(min)} x2={at(max)} y1="50%" y2="50%" />
        {low !== undefined && high !== undefined && <rect x={at(low)} width={`${((96 * (high - low)) / (max - min)).toFixed(2)}%`} y="20%" height="60%" />}
        {dots.map((value, i) => (
          <circle key={i} cx={at(value)} cy="50%" r="4" />
        ))}
        <line class="median" x1={at(median)} x2={at(median)} y1="8%" y2="92%" />
      </svg>
      <figcaption class="ends">
        <span>{joules(min)}</span>
        <span>per inference · band: 95 % interval · dots: windows</span>
        <span>{joules(max)}</span>
      </figcaption>
    </figure>
  );
}

function WindowsTable({ energy, settings }: { energy: EnergyResult; settings: RunSettings | undefined }) {
  const known = (energy.windows ?? []).map(perInference).filter((value) => value !== undefined);
  const joules = joulesOf(toNumber(energy.energyPerInferenceUj), known);
  return (
    <Scroll label="Energy by window, scrolls sideways">
      <table>
        <caption>
          Each window: inferences back to back while the trigger is high
          {settings?.energyWindowMs ? `, for at least ${grouped(settings.energyWindowMs)} ms` : ''}
        </caption>
        <thead>
          <tr>
            <th scope="col">Window</th>
            <th scope="col" class="num">
              Inferences
            </th>
            <th scope="col" class="num">
              Length by instrument
            </th>
            <th scope="col" class="num" title="The instrument's length without the one of the board's own counter">
              beside the board's
            </th>
            <th scope="col" class="num">
              Energy
            </th>
            <th scope="col" class="num">
              per inference
            </th>
            <th scope="col" class="num">
              Mean current
            </th>
            <th scope="col" class="num">
              Lost
            </th>
            <th scope="col" class="num">
              Saturated
            </th>
          </tr>
        </thead>
        <tbody>
          {(energy.windows ?? []).map((window, i) => {
            const each = perInference(window);
            const longer = longerUs(window);
            return (
              <tr key={i}>
                <th scope="row">{i + 1}</th>
                <td class="num">{grouped(window.inferences ?? 0)}</td>
                <td class="num">{duration(toNumber(window.instrumentUs))}</td>
                <td class="num">{longer === undefined ? <span title="The board's ticks are no time.">–</span> : microsecondsMore(longer)}</td>
                <td class="num">{micro(toNumber(window.energyUj), 'J')}</td>
                <td class="num strong">{each === undefined ? '–' : joules(each)}</td>
                <td class="num">{micro(toNumber(window.meanCurrentUa), 'A')}</td>
                <td class="num">{grouped(toNumber(window.lostSamples))}</td>
                <td class="num">{grouped(toNumber(window.saturatedSamples))}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </Scroll>
  );
}

export function EnergySection({ energy, settings, id }: { energy: EnergyResult; settings: RunSettings | undefined; id: string }) {
  const known = isKnown(energy);
  const value = toNumber(energy.energyPerInferenceUj);
  const uncertainty = toNumber(energy.uncertaintyUj);
  const interval = known ? intervalOf(value, energy.intervalUj) : undefined;
  const idle = toNumber(energy.idlePowerUw);
  const samples = toNumber(energy.samples);
  const lost = toNumber(energy.lostSamples);
  const modelled = energy.method !== 'ENERGY_METHOD_MEASURED';
  const noIdle = <Unknown why="The board was not seen idle between the windows." />;
  const facts: [string, ComponentChildren][] = [
    ['Average power in the windows', known ? micro(toNumber(energy.averagePowerUw), 'W') : <Unknown why="There is no window." />],
    ['Idle power between them', known && idle !== 0 ? micro(idle, 'W') : noIdle],
    ['Net energy per inference', known && idle !== 0 ? `${micro(toNumber(energy.netEnergyPerInferenceUj), 'J')}, without what an idle board takes in that time` : noIdle],
    ['Instrument', `${modelled ? 'simulated ' : ''}${energy.instrument || 'unknown'}${energy.instrumentDetails ? `: ${energy.instrumentDetails}` : ''}`],
    ['Supply', volts(energy.supplyMv ?? 0)],
    ['Samples per second', frequency(energy.samplesPerSecond ?? 0).replace('Hz', 'S/s')],
    ['Samples', lost > 0 ? <span class="bad">{`${grouped(samples)}, ${grouped(lost)} lost (${percent(lost / Math.max(samples, 1), 4)})`}</span> : `${grouped(samples)}, none lost`],
  ];
  return (
    <section>
      <h2>Energy</h2>
      <p class="headline">
        <strong>{known ? micro(value, 'J') : 'unknown'}</strong> per inference <Chip word={methodWord(energy)} />
        <span class="fine">
          {' '}
          median · n = {counted((energy.windows ?? []).length, 'window')}
        </span>
      </p>
      {energy.method === 'ENERGY_METHOD_MODELLED' && (
        <p class="note">A simulated instrument drew what a stated model of the board says. No board drew this; it never ranks with measured energy.</p>
      )}
      <p>
        95 % interval over windows: {interval ? <><b class="num">{interval}</b> ({relativeInterval(value, energy.intervalUj)}): how well it repeats</> : <Unknown why="An interval covers windows." />}
        {' · '}uncertainty:{' '}
        {known && uncertainty > 0 ? <><b class="num">± {micro(uncertainty, 'J')}</b> ({percent(uncertainty / value)}): how far the truth may be</> : <Unknown why="The run states none." />}
      </p>
      {known && <WindowsChart energy={energy} />}
      {(energy.windows ?? []).length > 0 && <WindowsTable energy={energy} settings={settings} />}
      <dl class="facts">
        {facts.map(([name, fact]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
      <p class="fine">
        What the instrument recorded, word for word: <code>tinyrig energy export {id} -o FILE</code>
      </p>
    </section>
  );
}
