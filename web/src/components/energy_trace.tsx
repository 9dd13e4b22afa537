// The energy trace of a run: the recording's current over time, its windows, cursors with exact sums, a second run.
import { useEffect, useMemo, useRef } from 'preact/hooks';
import type { EnergyResult, OperatorProfile, TraceSum } from '../api/types';
import { micro } from '../format/energy';
import { grouped, toNumber } from '../format/number';
import { methodWord } from '../model/energy';
import {
  around,
  askedFor,
  between,
  clamped,
  type Cursors,
  cursorAt,
  endOf,
  extremes,
  firstCursors,
  isWhole,
  operatorBands,
  panned,
  pictureOf,
  type Range,
  timeText,
  type TraceWindow,
  whole,
  windowsOf,
  zoomed,
} from '../model/energy_trace';
import { byKind } from '../model/profile';
import { useResource, useServices } from '../services';
import { Chip, Failure, Loading } from './basics';
import { TraceChart } from './trace_chart';
import { CursorHandles, Lost, RangeFacts } from './trace_cursors';
import { type Plot, useGestures } from './trace_gestures';
import { OverlayForm, useOverlay } from './trace_overlay';
import { useTraceState, useWidth } from './trace_state';
import { TraceTable } from './trace_table';
import { answersTo, requestOf, TRACE_METHOD, useTrace } from './use_trace';

const MOST_POINTS = 4_000;
const LEAST_OVERVIEW_POINTS = 300;
const SAY_AFTER_MS = 700;
/** More are chosen from a list: a run has up to 100. */
const MOST_WINDOW_BUTTONS = 12;

const NARROW = 500;
const [NARROW_HEIGHT, HEIGHT] = [240, 320];

/** Buttons for all that hands and keys do. */
function ViewButtons({ plot }: { plot: Plot }) {
  const { view, total, setView } = plot;
  const middle = view.first + view.samples / 2;
  const buttons: [string, string, Range][] = [
    ['−', 'Zoom out', zoomed(view, 2, middle, total)],
    ['+', 'Zoom in', zoomed(view, 0.5, middle, total)],
    ['◂', 'Earlier', panned(view, -view.samples / 4, total)],
    ['▸', 'Later', panned(view, view.samples / 4, total)],
    ['Whole', 'The whole recording', whole(total)],
  ];
  return (
    <>
      {buttons.map(([text, label, to]) => (
        <button key={label} type="button" aria-label={label} title={label} disabled={to.first === view.first && to.samples === view.samples} onClick={() => setView(to)}>
          {text}
        </button>
      ))}
    </>
  );
}

/** Each puts the view and the cursors around a window. */
function WindowButtons({ windows, go }: { windows: TraceWindow[]; go: (window: TraceWindow) => void }) {
  if (windows.length > MOST_WINDOW_BUTTONS) {
    return (
      <div class="filters">
        <label>
          Go to window
          <select value="" onChange={(event) => windows.filter((window) => String(window.number) === event.currentTarget.value).forEach(go)}>
            <option value="">…</option>
            {windows.map(({ number, energyUj }) => (
              <option key={number} value={String(number)}>
                {number}: {micro(energyUj, 'J')}
              </option>
            ))}
          </select>
        </label>
      </div>
    );
  }
  return (
    <div class="tools" role="group" aria-label="Go to a window and put the cursors around it">
      {windows.map((window) => (
        <button key={window.number} type="button" onClick={() => go(window)}>
          Window {window.number}
        </button>
      ))}
    </div>
  );
}

/** Exact, as all sums are. */
function ShownLine({ from, to, sum }: { from: string; to: string; sum: TraceSum | undefined }) {
  return (
    <p>
      Shown: <b class="num">{from}</b> to <b class="num">{to}</b>
      {sum ? (
        <>
          , energy <b class="num">{micro(toNumber(sum.energyUj), 'J')}</b>, mean <b class="num">{micro(toNumber(sum.meanCurrentUa), 'A')}</b>,{' '}
          {grouped(toNumber(sum.samples))} samples, <Lost sum={sum} />
        </>
      ) : (
        ' …'
      )}
    </p>
  );
}

interface Props {
  id: string;
  energy: EnergyResult;
  operators: OperatorProfile[];
}

export function EnergyTraceSection({ id, energy, operators }: Props) {
  const { announce } = useServices();
  const [state, change] = useTraceState();
  const { element, width } = useWidth();
  const overview = useResource(`trace ${id}`, async (call, signal) => {
    const maxPoints = Math.min(MOST_POINTS, Math.max(LEAST_OVERVIEW_POINTS, element.current?.clientWidth ?? 0));
    const answer = await call(TRACE_METHOD, { runId: id, maxPoints }, signal);
    return { answer, maxPoints, picture: pictureOf(answer) };
  });
  const total = toNumber(overview.data?.answer.totalSamples);
  const oneUs = 1e6 / (overview.data?.answer.samplesPerSecond || 1);
  const ready = overview.data !== undefined && total > 0 && width > 0;
  const points = ready ? Math.min(MOST_POINTS, Math.round(width)) : 0;
  const view = clamped(state.view ?? whole(total), total);
  const cursors = state.cursors?.map((at) => cursorAt(at, total)) as Cursors | undefined;
  const range = ready ? between(cursors) : undefined;
  const windows = useMemo(() => windowsOf(energy), [energy]);
  const kinds = useMemo(() => byKind(operators), [operators]);

  // The overview is the answer for the whole, unless the screen has become wider.
  const isOverview = isWhole(view, total) && points <= (overview.data?.maxPoints ?? 0);
  const request = ready && !isOverview ? requestOf(id, askedFor(view, total), points) : undefined;
  const trace = useTrace(request);
  const answer = isOverview ? overview.data?.answer : trace.answer;
  const picture = useMemo(() => answer && pictureOf(answer), [answer]);
  const sum = isOverview || answersTo(trace, request) ? answer?.sum : undefined;

  const sumRequest = range && requestOf(id, range, 1);
  const sums = useTrace(sumRequest);
  const overlay = useOverlay(state.overlay, energy, view, points, range);
  const failed = [trace, sums, ...overlay.parts].filter((part) => part.error);
  const bands = useMemo(
    () => (ready ? operatorBands(windows, operators, view, width) : []),
    [windows, operators, view.first, view.samples, width, ready],
  );

  const scale = useMemo(() => {
    const all = [state.fit ? (picture ?? overview.data?.picture) : overview.data?.picture, state.fit ? overlay.picture : overlay.data?.picture];
    const ends = all.filter((each) => each !== undefined).map((each) => extremes(each, state.fit ? view : each));
    return { low: 1.05 * Math.min(0, ...ends.map(({ low }) => low)), high: 1.05 * Math.max(0, ...ends.map(({ high }) => high)) || 1 };
  }, [state.fit, picture, overview.data, overlay.picture, overlay.data, state.fit && view.first, state.fit && view.samples]);

  const plot: Plot = {
    view,
    width: Math.max(1, width),
    total,
    setView: (to) => total > 0 && change({ view: isWhole(to, total) ? undefined : to }),
    setCursors: (to) => change({ cursors: to }),
  };
  const gestures = useGestures(element, plot);

  const time = (sample: number) => timeText(sample * oneUs, Math.max(1, view.samples / 1_000) * oneUs, endOf(view) * oneUs);
  const shown =
    sum && picture ? `${time(view.first)} to ${time(endOf(view))}: mean ${micro(toNumber(sum.meanCurrentUa), 'A')}, at most ${micro(extremes(picture, view).high, 'A')}` : '';
  // A listener hears where the view has come to, once it rests there.
  const said = useRef('');
  useEffect(() => {
    said.current ||= shown;
    if (shown === '' || shown === said.current) return;
    const timer = setTimeout(() => {
      announce(`Shown: ${shown}`);
      said.current = shown;
    }, SAY_AFTER_MS);
    return () => clearTimeout(timer);
  }, [shown]);

  const method = methodWord(energy);
  return (
    <section>
      <h2>
        Energy trace <Chip word={method} />
      </h2>
      {overview.error && <Failure error={overview.error} retry={overview.reload} />}
      {!overview.data && !overview.error && <Loading what="the energy trace" />}
      {ready && (
        <>
          <div class="tools">
            <ViewButtons plot={plot} />
            <button type="button" aria-pressed={cursors !== undefined} onClick={() => change({ cursors: cursors ? undefined : firstCursors(view, windows, total) })}>
              Cursors
            </button>
            <button type="button" aria-pressed={state.fit} onClick={() => change({ fit: !state.fit })}>
              Fit current to view
            </button>
            <OverlayForm overlay={state.overlay} set={(to) => change({ overlay: to })} />
          </div>
          <WindowButtons windows={windows} go={(window) => change({ view: around(window, total), cursors: [window.first, endOf(window)] })} />
        </>
      )}
      {overlay.error && <Failure error={overlay.error} retry={overlay.reload} />}
      <figure hidden={!overview.data && overview.error !== undefined}>
        <div
          class="plot"
          ref={element}
          tabIndex={0}
          role="application"
          aria-label="Energy trace. Left and right arrow move it, plus and minus zoom, Home shows the whole. The cursors are sliders within."
          {...gestures}
        >
          {ready && overview.data && (
            <TraceChart
              label={`Current over time, ${method.text}, ${shown || 'on its way'}. The table after it has the numbers.`}
              view={view}
              width={width}
              height={width < NARROW ? NARROW_HEIGHT : HEIGHT}
              scale={scale}
              samplesPerSecond={1e6 / oneUs}
              overview={overview.data.picture}
              picture={picture}
              other={overlay.picture}
              windows={windows}
              bands={bands}
              kinds={kinds}
              cursors={cursors}
            />
          )}
          {ready && cursors && <CursorHandles cursors={cursors} plot={plot} samplesPerSecond={1e6 / oneUs} />}
        </div>
        <figcaption>
          <span class="key trace-own" aria-hidden="true" /> {overlay.data ? `run ${id}, ${method.text}: ` : ''}line: mean, band: least to most of each point's samples
          {overlay.data && (
            <>
              {' · '}
              <span class="key trace-other" aria-hidden="true" /> run <a href={`/runs/${encodeURIComponent(state.overlay)}`}>{state.overlay}</a>, {overlay.data.name}; first
              windows begin together
            </>
          )}
          {' · '}shaded: windows
          {bands.length > 0 && (
            <>
              {' · '}coloured strip: operators within each inference, <b>estimated from the profile</b>
            </>
          )}
          {picture && picture.lost.length > 0 && (
            <>
              {' · '}
              <span class="key trace-lost" aria-hidden="true" /> all samples of a point lost
            </>
          )}
          <br />
          Drag to move, pinch or wheel to zoom (after a click, or with Ctrl), drag with Shift to set the cursors. Keys: ← → + − Home; on a cursor ← →, with Shift faster.
        </figcaption>
      </figure>
      {failed[0]?.error && <Failure error={failed[0].error} retry={() => failed.forEach((part) => part.retry())} />}
      {ready && <ShownLine from={time(view.first)} to={time(endOf(view))} sum={sum} />}
      {ready && cursors && (
        <RangeFacts
          cursors={cursors}
          sum={answersTo(sums, sumRequest) ? sums.answer?.sum : undefined}
          other={overlay.data && range && { run: state.overlay, sum: overlay.sum }}
          samplesPerSecond={1e6 / oneUs}
        />
      )}
      {ready && <TraceTable id={id} view={view} total={total} samplesPerSecond={1e6 / oneUs} />}
    </section>
  );
}
