// The current over time that a run's energy comes from: as many points as there is room for, zoomed and panned, with
// windows, two cursors whose sum the daemon gives, estimated operators, and another run laid over it.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { EnergyResult, EnergyWindow, OperatorProfile, TraceSum } from '../api/types';
import { micro } from '../format/energy';
import { duration, grouped, toNumber } from '../format/number';
import { aroundWindow, clamped, operatorBands, panned, pathsOf, placeOf, type Point, pointsOf, shiftOf, type View, viewOf, viewText, zoomed } from '../model/energy_trace';
import { methodWord } from '../model/energy';
import { useRouter, withQuery } from '../router';
import { useResource, useServices } from '../services';
import { Chip, Failure, Loading, Scroll } from './basics';

const MOST_POINTS = 2_000;
const MOST_ROWS = 200;
const SETTLED_MS = 120;

/** What was wanted last, once it has not changed for a moment. */
function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  const text = JSON.stringify(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

function usePoints(runId: string, view: View, width: number) {
  const wanted = useSettled({ ...view, width });
  const key = runId && wanted.samples > 0 ? `${runId} ${wanted.first} ${wanted.samples} ${wanted.width}` : '';
  const last = useRef<{ runId: string; points: Point[] } | undefined>(undefined);
  const { data, error, reload } = useResource(key, async (call, signal) => {
    if (!key) return [];
    const request = { runId, firstSample: String(wanted.first), samples: String(wanted.samples), maxPoints: Math.min(MOST_POINTS, Math.max(100, wanted.width)) };
    return pointsOf(await call('tinyrig.v1.EnergyTraceService/GetEnergyTrace', request, signal));
  });
  if (data) last.current = { runId, points: data };
  // Until the answer is there, what is known is shown, scaled.
  return { points: last.current?.runId === runId ? last.current.points : undefined, error, reload };
}

function SumLine({ id, from, to, perSecond }: { id: string; from: number; to: number; perSecond: number }) {
  const [first, samples] = useSettled([Math.min(from, to), Math.abs(to - from)]) as [number, number];
  const { data: sum, error } = useResource(`${id} ${first} ${samples}`, async (call, signal): Promise<TraceSum> => {
    if (samples === 0) return {};
    const request = { runId: id, firstSample: String(first), samples: String(samples), maxPoints: 1 };
    return (await call('tinyrig.v1.EnergyTraceService/GetEnergyTrace', request, signal)).sum ?? {};
  });
  if (error) return <p role="alert">{error.message}</p>;
  const lost = toNumber(sum?.lostSamples);
  return (
    <p role="status" class="agreement">
      Between the cursors: <b class="num">{duration((Math.abs(to - from) * 1e6) / perSecond)}</b>
      {sum && samples > 0 && (
        <>
          , <b class="num">{micro(toNumber(sum.energyUj), 'J')}</b>, on average <b class="num">{micro(toNumber(sum.meanCurrentUa), 'A')}</b>,{' '}
          {lost > 0 ? <span class="bad">{grouped(lost)} samples lost</span> : 'no sample lost'}
        </>
      )}
    </p>
  );
}

function PointsTable({ points, perSecond }: { points: Point[]; perSecond: number }) {
  const step = Math.max(1, Math.ceil(points.length / MOST_ROWS));
  return (
    <Scroll label="The chart's points, scrolls">
      <table>
        <caption>{step === 1 ? 'Every point of the chart' : `Every ${step}th point of the chart; come closer for the others`}</caption>
        <thead>
          <tr>
            {['From', 'Samples', 'Least', 'Mean', 'Most'].map((name) => (
              <th key={name} scope="col" class="num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {points
            .filter((_, i) => i % step === 0)
            .map((point) => (
              <tr key={point.first}>
                <th scope="row" class="num">
                  {duration((point.first * 1e6) / perSecond)}
                </th>
                <td class="num">{grouped(point.samples)}</td>
                {[point.min, point.mean, point.max].map((current, i) => (
                  <td key={i} class="num">
                    {point.lost ? 'lost' : micro(current, 'A')}
                  </td>
                ))}
              </tr>
            ))}
        </tbody>
      </table>
    </Scroll>
  );
}

function useWidth() {
  const element = useRef<HTMLElement>(null);
  const [width, setWidth] = useState(800);
  useLayoutEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.round(entry.contentRect.width)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

/** The other run that is laid over this one. */
function useOther(id: string) {
  return useResource(`energy of ${id}`, async (call, signal) => (id ? ((await call('tinyrig.v1.RunService/GetRun', { runId: id }, signal)).run ?? {}) : {}));
}

interface Shown {
  id: string;
  energy: EnergyResult;
  operators: OperatorProfile[];
  total: number;
}

function Trace({ id, energy, operators, total }: Shown) {
  const router = useRouter();
  const { announce } = useServices();
  const { element, width } = useWidth();
  const windows = energy.windows ?? [];
  const perSecond = energy.samplesPerSecond || 1;
  const view = viewOf(router.query.get('trace'), total);
  const [a, b] = [placeOf(router.query.get('from'), total), placeOf(router.query.get('to'), total)];
  const otherId = router.query.get('over') ?? '';
  const other = useOther(otherId);
  const otherEnergy = other.data?.result?.energy;
  const shift = shiftOf(windows, otherEnergy?.windows ?? []);
  const otherTotal = toNumber(otherEnergy?.samples);
  const otherView = otherEnergy ? clamped({ first: view.first - shift, samples: view.samples }, otherTotal) : { first: 0, samples: 0 };
  const own = usePoints(id, view, width);
  const laidOver = usePoints(otherEnergy ? otherId : '', otherView, width);
  const change = (changes: Record<string, string | undefined>) => router.go(withQuery(router, changes), true);
  const show = (next: View) => change({ trace: viewText(next, total) });

  const latest = useRef({ view, show });
  latest.current = { view, show };
  useEffect(() => {
    const figure = element.current;
    if (!figure) return;
    const onWheel = (event: WheelEvent) => {
      if (!event.ctrlKey && !event.shiftKey) return; // the page scrolls
      event.preventDefault();
      const box = figure.getBoundingClientRect();
      const now = latest.current;
      now.show(zoomed(now.view, total, event.deltaY < 0 ? 0.8 : 1.25, (event.clientX - box.left) / Math.max(1, box.width)));
    };
    figure.addEventListener('wheel', onWheel, { passive: false });
    return () => figure.removeEventListener('wheel', onWheel);
  }, [total]);

  const onKey = (event: KeyboardEvent) => {
    const next = { ArrowLeft: panned(view, total, -0.2), ArrowRight: panned(view, total, 0.2), '+': zoomed(view, total, 0.5), '-': zoomed(view, total, 2), Home: { first: 0, samples: total } }[event.key];
    if (!next || event.target !== event.currentTarget) return;
    event.preventDefault();
    show(next);
    announce(`${duration((next.first * 1e6) / perSecond)} to ${duration(((next.first + next.samples) * 1e6) / perSecond)}`);
  };
  const drag = useRef<{ x: number; view: View } | undefined>(undefined);

  const points = own.points ?? [];
  const top = Math.max(1, ...points.map((point) => point.max), ...(laidOver.points ?? []).map((point) => point.max)) * 1.08;
  const paths = pathsOf(points);
  const otherPaths = otherEnergy && laidOver.points && pathsOf(laidOver.points, shift);
  const bands = operatorBands(windows, operators.map((operator) => toNumber(operator.share)), view);
  const time = (sample: number) => duration((sample * 1e6) / perSecond);
  const cursor = (name: 'from' | 'to', label: string, place: number | undefined, unset: number) => (
    <label>
      <span class="fine">
        Cursor {label}: {place === undefined ? 'not set' : time(place)}
      </span>
      <input
        type="range"
        min={view.first}
        max={view.first + view.samples}
        step={Math.max(1, Math.round(view.samples / MOST_POINTS))}
        value={place ?? unset}
        aria-valuetext={place === undefined ? 'not set' : time(place)}
        onInput={(event) => change({ [name]: event.currentTarget.value })}
      />
    </label>
  );
  const windowWords = (window: EnergyWindow, i: number) => `Window ${i + 1}: ${micro(toNumber(window.energyUj), 'J')}, ${grouped(window.inferences ?? 0)} inferences`;
  return (
    <>
      <div class="tools">
        <button type="button" onClick={() => show(zoomed(view, total, 0.5))}>
          Closer
        </button>
        <button type="button" onClick={() => show(zoomed(view, total, 2))} disabled={view.samples >= total}>
          Farther
        </button>
        <button type="button" onClick={() => show(panned(view, total, -0.4))} disabled={view.first <= 0}>
          ◀ Earlier
        </button>
        <button type="button" onClick={() => show(panned(view, total, 0.4))} disabled={view.first + view.samples >= total}>
          Later ▶
        </button>
        <button type="button" onClick={() => show({ first: 0, samples: total })} disabled={view.samples >= total}>
          Whole
        </button>
        {windows.slice(0, 12).map((window, i) => (
          <button key={i} type="button" onClick={() => show(aroundWindow(window, total))}>
            Window {i + 1}
          </button>
        ))}
      </div>
      {own.error && <Failure error={own.error} retry={own.reload} />}
      <figure
        ref={element}
        class="trace"
        tabIndex={0}
        role="group"
        aria-label="Current over time. Arrow keys move, plus and minus zoom, Home shows all."
        onKeyDown={onKey}
        onPointerDown={(event) => {
          drag.current = { x: event.clientX, view };
          event.currentTarget.setPointerCapture(event.pointerId);
        }}
        onPointerMove={(event) => {
          if (drag.current) show(panned(drag.current.view, total, (drag.current.x - event.clientX) / Math.max(1, width)));
        }}
        onPointerUp={() => {
          drag.current = undefined;
        }}
        onPointerCancel={() => {
          drag.current = undefined;
        }}
      >
        <svg
          viewBox={`${view.first} 0 ${view.samples} ${top}`}
          preserveAspectRatio="none"
          role="img"
          aria-label={`Current from ${time(view.first)} to ${time(view.first + view.samples)}, at most ${micro(top / 1.08, 'A')}. The table after it has the numbers.`}
        >
          {windows.map((window, i) => (
            <rect key={i} class="window" x={toNumber(window.firstSample)} width={toNumber(window.samples)} height={top}>
              <title>{windowWords(window, i)}</title>
            </rect>
          ))}
          {bands.map((band, i) => (
            <rect key={i} class={`kind-${band.operator % 6}`} x={band.first} width={band.samples} y={top * 0.965} height={top * 0.035}>
              <title>{`Estimated: #${operators[band.operator]?.index ?? 0} ${operators[band.operator]?.kind}`}</title>
            </rect>
          ))}
          <g transform={`translate(0 ${top}) scale(1 -1)`}>
            <path class="band" d={paths.band} />
            <path class="mean" d={paths.mean} />
            {otherPaths && <path class="band other" d={otherPaths.band} />}
            {otherPaths && <path class="mean other" d={otherPaths.mean} />}
          </g>
          {points
            .filter((point) => point.lost)
            .map((point) => (
              <rect key={point.first} class="lost" x={point.first} width={point.samples} height={top} />
            ))}
          {[a, b].map((place, i) => place !== undefined && <line key={i} class="cursor" x1={place} x2={place} y1="0" y2={top} />)}
        </svg>
        <figcaption class="ends">
          <span>{time(view.first)}</span>
          <span>
            up to {micro(top / 1.08, 'A')} · band: least to most, line: mean, shaded: windows
            {bands.length > 0 && '; below: operators, estimated from the profile'}
          </span>
          <span>{time(view.first + view.samples)}</span>
        </figcaption>
      </figure>
      {!own.points && !own.error && <Loading what="the recording" />}
      <div class="filters">
        {cursor('from', 'A', a, view.first)}
        {cursor('to', 'B', b, view.first + view.samples)}
        {(a !== undefined || b !== undefined) && (
          <button type="button" onClick={() => change({ from: undefined, to: undefined })}>
            Clear cursors
          </button>
        )}
        <form
          onSubmit={(event) => {
            event.preventDefault();
            change({ over: String(new FormData(event.currentTarget).get('over') ?? '').trim() || undefined });
          }}
        >
          <label>
            <span class="fine">Another run over it</span>
            <input name="over" defaultValue={otherId} placeholder="r-…" />
          </label>{' '}
          <button type="submit">Show</button>
        </form>
      </div>
      {a !== undefined && b !== undefined && <SumLine id={id} from={a} to={b} perSecond={perSecond} />}
      {otherId && other.error && <p role="alert">{other.error.message}</p>}
      {otherId && other.data && !otherEnergy && <p role="alert">That run measured no energy.</p>}
      {otherEnergy && (
        <p>
          <span class="swatch kind-1" aria-hidden="true" /> <code>{otherId}</code> {other.data?.summary?.modelName} on {other.data?.summary?.boardType}, its first window laid on this one's.{' '}
          <Chip word={methodWord(otherEnergy)} />
        </p>
      )}
      <details>
        <summary>The points as a table</summary>
        <PointsTable points={points} perSecond={perSecond} />
      </details>
    </>
  );
}

export function EnergyTraceSection({ id, energy, operators }: { id: string; energy: EnergyResult; operators: OperatorProfile[] }) {
  const total = toNumber(energy.samples);
  if (total === 0) return null;
  return (
    <section>
      <h2>
        Current over time <Chip word={methodWord(energy)} />
      </h2>
      <Trace id={id} energy={energy} operators={operators} total={total} />
    </section>
  );
}
