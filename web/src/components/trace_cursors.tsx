// The two cursors of an energy trace, as sliders over its picture, and what lies between them.
import type { ComponentChildren } from 'preact';
import type { TraceSum } from '../api/types';
import { micro } from '../format/energy';
import { grouped, toNumber } from '../format/number';
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
export function RangeFacts(props: {
  cursors: Cursors;
  sum: TraceSum | undefined;
  /** Of the run beside it, in the same span; null: it has no samples there. */
  other: { run: string; sum: TraceSum | null | undefined } | undefined;
  samplesPerSecond: number;
}) {
  const { cursors, sum, other, samplesPerSecond } = props;
  const oneUs = 1e6 / samplesPerSecond;
  const at = (sample: number) => timeText(sample * oneUs, oneUs);
  const waiting = cursors[0] === cursors[1] ? '–' : '…';
  const facts: [string, ComponentChildren][] = [
    ['Cursors A, B', `${at(cursors[0])}, ${at(cursors[1])}`],
    ['Energy between them', sum ? <b>{micro(toNumber(sum.energyUj), 'J')}</b> : waiting],
    ['Mean current', sum ? micro(toNumber(sum.meanCurrentUa), 'A') : waiting],
    ['Duration', sum ? timeText(toNumber(sum.durationUs), oneUs) : waiting],
    ['Samples', sum ? <>{grouped(toNumber(sum.samples))}, <Lost sum={sum} /></> : waiting],
  ];
  if (other) {
    const theirs = other.sum;
    const text = theirs ? <>{micro(toNumber(theirs.energyUj), 'J')}, mean {micro(toNumber(theirs.meanCurrentUa), 'A')}, <Lost sum={theirs} /></> : waiting;
    facts.push([`Run ${other.run} in the same span`, theirs === null ? 'has no samples there' : text]);
  }
  return (
    <dl class="facts" aria-label="Between the cursors">
      {facts.map(([name, fact]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd class="num">{fact}</dd>
        </div>
      ))}
    </dl>
  );
}
