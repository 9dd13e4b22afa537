// The two cursors of an energy trace, as sliders over its picture, and what lies between them.
import type { TraceSum } from '../api/types';
import { micro } from '../format/energy';
import { duration, grouped, toNumber } from '../format/number';
import { counted } from '../format/words';
import { type Cursors, cursorAt, timeText, toPixel, toSample } from '../model/energy_trace';
import { cursorByKey, type Plot } from './trace_gestures';

const NAMES = ['A', 'B'] as const;

function Handle(props: { place: 0 | 1; cursors: Cursors; plot: Plot; samplesPerSecond: number }) {
  const { place, cursors, plot, samplesPerSecond } = props;
  const { view, width, total } = plot;
  const at = cursors[place];
  const pixel = toPixel(view, width, at);
  const shown = Math.min(Math.max(pixel, 0), width);
  const move = (to: number) => plot.setCursors(place === 0 ? [to, cursors[1]] : [cursors[0], to]);
  const beyond = pixel < 0 ? '◂' : pixel > width ? '▸' : '';
  return (
    <div
      class={`cursor ${beyond && 'beyond'}`}
      role="slider"
      tabIndex={0}
      aria-label={`Cursor ${NAMES[place]}`}
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={at}
      aria-valuetext={timeText((at * 1e6) / samplesPerSecond, 1e6 / samplesPerSecond)}
      style={{ left: `${shown}px` }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!event.currentTarget.hasPointerCapture(event.pointerId)) return;
        event.stopPropagation();
        const left = event.currentTarget.parentElement?.getBoundingClientRect().left ?? 0;
        move(cursorAt(toSample(view, width, event.clientX - left), total));
      }}
      onKeyDown={(event) => {
        if (event.ctrlKey || event.metaKey || event.altKey) return;
        const to = cursorByKey(event.key, event.shiftKey, at, plot);
        if (to === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        move(to);
      }}
    >
      <span>
        {beyond === '◂' && beyond}
        {NAMES[place]}
        {beyond === '▸' && beyond}
      </span>
    </div>
  );
}

export function CursorHandles(props: { cursors: Cursors; plot: Plot; samplesPerSecond: number }) {
  return (
    <>
      <Handle place={0} {...props} />
      <Handle place={1} {...props} />
    </>
  );
}

/** "12 samples lost" loudly, or none. */
export function Lost({ sum }: { sum: TraceSum }) {
  const lost = toNumber(sum.lostSamples);
  if (lost === 0) return <>none lost</>;
  return <span class="bad">{`▲ ${grouped(lost)} lost`}</span>;
}

/** Exact numbers of the range between the cursors, or that they are on their way: never those of another range. */
export function RangeFacts({ cursors, sum, samplesPerSecond }: { cursors: Cursors; sum: TraceSum | undefined; samplesPerSecond: number }) {
  const at = (sample: number) => timeText((sample * 1e6) / samplesPerSecond, 1e6 / samplesPerSecond);
  const equal = cursors[0] === cursors[1];
  const value = (text: (sum: TraceSum) => string) => (sum ? text(sum) : equal ? '–' : '…');
  return (
    <dl class="facts" aria-label="Between the cursors">
      <div>
        <dt>Cursors A, B</dt>
        <dd class="num">
          {at(cursors[0])}, {at(cursors[1])}
        </dd>
      </div>
      <div>
        <dt>Energy between them</dt>
        <dd class="num strong">{value((exact) => micro(toNumber(exact.energyUj), 'J'))}</dd>
      </div>
      <div>
        <dt>Mean current</dt>
        <dd class="num">{value((exact) => micro(toNumber(exact.meanCurrentUa), 'A'))}</dd>
      </div>
      <div>
        <dt>Duration</dt>
        <dd class="num">{value((exact) => duration(toNumber(exact.durationUs)))}</dd>
      </div>
      <div>
        <dt>Samples</dt>
        <dd class="num">
          {sum ? (
            <>
              {counted(toNumber(sum.samples), 'sample')}, <Lost sum={sum} />
            </>
          ) : (
            value(() => '')
          )}
        </dd>
      </div>
    </dl>
  );
}
