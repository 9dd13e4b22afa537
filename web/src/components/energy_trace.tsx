// The energy trace of a run: the recording's current over time, its windows, cursors with exact sums, a second run.
import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { CallError } from '../api/client';
import type { EnergyResult, OperatorProfile } from '../api/types';
import { micro } from '../format/energy';
import { duration, grouped, toNumber } from '../format/number';
import { methodWord } from '../model/energy';
import {
  alignmentOf,
  around,
  askedFor,
  between,
  clamped,
  cursorAt,
  endOf,
  extremes,
  firstCursors,
  isWhole,
  operatorBands,
  panned,
  pictureOf,
  placed,
  queryOf,
  type Range,
  stateOf,
  theirRange,
  timeText,
  type TraceState,
  whole,
  windowsOf,
  zoomed,
} from '../model/energy_trace';
import { byKind, colourOf } from '../model/profile';
import { useRouter, withQuery } from '../router';
import { useResource, useServices } from '../services';
import { Chip, Failure, Loading } from './basics';
import { TraceChart } from './trace_chart';
import { CursorHandles, Lost, RangeFacts } from './trace_cursors';
import { type Plot, useGestures } from './trace_gestures';
import { TraceTable } from './trace_table';
import { answersTo, requestOf, useTrace } from './use_trace';

const TRACE = 'tinyrig.v1.EnergyTraceService/GetEnergyTrace';
const MOST_POINTS = 4_000;
const URL_PAUSE_MS = 300;
const REST_MS = 700;

/** What is shown is the URL's; the URL follows a moving hand when it rests. Back and forward bring what was shown. */
function useTraceState(): [TraceState, (changes: Partial<TraceState>) => void] {
  const router = useRouter();
  const [state, setState] = useState(() => stateOf(router.query));
  const known = useRef(JSON.stringify(state));
  const latest = useRef(router);
  latest.current = router;
  useEffect(() => {
    const timer = setTimeout(() => {
      const changes = queryOf(state);
      const read = JSON.stringify(stateOf(new URLSearchParams(withQuery({ path: '', query: latest.current.query }, changes))));
      if (read === known.current) return;
      known.current = read;
      latest.current.go(withQuery(latest.current, changes), true);
    }, URL_PAUSE_MS);
    return () => clearTimeout(timer);
  }, [state]);
  useEffect(() => {
    const read = stateOf(router.query);
    if (JSON.stringify(read) === known.current) return;
    known.current = JSON.stringify(read);
    setState(read);
  }, [router.query.toString()]);
  return [state, (changes) => setState((before) => ({ ...before, ...changes }))];
}

/** The width of an element in pixels; 0 until it is known. */
function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    setWidth(target.clientWidth);
    const observer = new ResizeObserver(() => setWidth(target.clientWidth));
    observer.observe(target);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}

/** The run that is drawn beside this one: what it is, and its recording. */
function useOverlay(overlay: string, energy: EnergyResult) {
  const resource = useResource(`overlay ${overlay}`, async (call, signal) => {
    if (!overlay) return undefined;
    const [{ run = {} }, trace] = await Promise.all([
      call('tinyrig.v1.RunService/GetRun', { runId: overlay }, signal),
      call(TRACE, { runId: overlay, maxPoints: 1_000 }, signal),
    ]);
    const alignment = run.result?.energy && alignmentOf(energy, run.result.energy);
    if (!run.result?.energy || !alignment) throw new CallError('failed_precondition', `Run ${overlay} has no window to align with.`);
    return { run, energy: run.result.energy, alignment, total: toNumber(trace.totalSamples), picture: pictureOf(trace) };
  });
  return { ...resource, data: overlay ? resource.data : undefined };
}

function OverlayForm({ overlay, set }: { overlay: string; set: (overlay: string) => void }) {
  const [text, setText] = useState(overlay);
  useEffect(() => setText(overlay), [overlay]);
  return (
    <form
      class="beside"
      onSubmit={(event) => {
        event.preventDefault();
        set(text.trim());
      }}
    >
      <label>
        Run beside it <input type="text" value={text} placeholder="run id" spellcheck={false} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
      </label>
      <button type="submit">Draw</button>
      {overlay && (
        <button type="button" onClick={() => set('')}>
          Remove
        </button>
      )}
    </form>
  );
}

interface Props {
  id: string;
  energy: EnergyResult;
  operators: OperatorProfile[];
}

export function EnergyTraceSection({ id, energy, operators }: Props) {
  const [state, change] = useTraceState();
  const { element, width } = useWidth();
  const { announce } = useServices();
  const overview = useResource(`trace ${id}`, async (call, signal) => {
    const maxPoints = Math.min(MOST_POINTS, Math.max(300, element.current?.clientWidth ?? 0));
    const answer = await call(TRACE, { runId: id, maxPoints }, signal);
    return { answer, maxPoints, picture: pictureOf(answer) };
  });
  const total = toNumber(overview.data?.answer.totalSamples);
  const samplesPerSecond = overview.data?.answer.samplesPerSecond || 1;
  const view = clamped(state.view ?? whole(total), total);
  const cursors = state.cursors && ([cursorAt(state.cursors[0], total), cursorAt(state.cursors[1], total)] as [number, number]);
  const windows = useMemo(() => windowsOf(energy), [energy]);
  const kinds = useMemo(() => byKind(operators), [operators]);
  const ready = total > 0 && width > 0;
  const points = Math.min(MOST_POINTS, Math.max(1, Math.round(width)));

  // The overview is the answer for the whole, unless the screen has become wider.
  const sameAsOverview = isWhole(view, total) && points <= (overview.data?.maxPoints ?? 0);
  const request = ready && !sameAsOverview ? requestOf(id, askedFor(view, total), points) : undefined;
  const trace = useTrace(request);
  const answer = sameAsOverview ? overview.data?.answer : trace.answer;
  const picture = useMemo(() => answer && pictureOf(answer), [answer]);
  const current = sameAsOverview || answersTo(trace, request);

  const range = between(cursors);
  const sumRequest = ready && range ? requestOf(id, range, 1) : undefined;
  const sums = useTrace(sumRequest);

  const overlay = useOverlay(state.overlay, energy);
  const theirs = ready && overlay.data ? theirRange(view, overlay.data.alignment, overlay.data.total) : undefined;
  const otherTrace = useTrace(theirs && requestOf(state.overlay, theirs, Math.max(1, Math.round((theirs.samples / (view.samples * overlay.data!.alignment.scale)) * points))));
  const otherAnswer = otherTrace.request?.runId === state.overlay ? otherTrace.answer : undefined;
  const other = useMemo(() => {
    if (!overlay.data) return undefined;
    return placed(otherAnswer ? pictureOf(otherAnswer) : overlay.data.picture, overlay.data.alignment);
  }, [otherAnswer, overlay.data]);

  const fitted = (part: Range) => {
    const all = [extremes(picture ?? overview.data!.picture, part), ...(other ? [extremes(other, part)] : [])];
    return { low: Math.min(...all.map((each) => each.low)), high: Math.max(...all.map((each) => each.high)) };
  };
  const scaleOf = () => {
    const whole = overview.data!.picture;
    const theirWhole = overlay.data ? extremes(overlay.data.picture, overlay.data.picture) : { low: 0, high: 0 };
    const mine = extremes(whole, whole);
    const { low, high } = state.fit ? fitted(view) : { low: Math.min(mine.low, theirWhole.low), high: Math.max(mine.high, theirWhole.high) };
    return { low: low * 1.05, high: high * 1.05 || 1 };
  };

  const setView = (to: Range) => total > 0 && change({ view: isWhole(to, total) ? undefined : to });
  const plot: Plot = { view, width: Math.max(1, width), total, setView, setCursors: (to) => change({ cursors: to }) };
  const gestures = useGestures(element, plot);
  const middle = view.first + view.samples / 2;
  const time = (sample: number) => timeText((sample * 1e6) / samplesPerSecond, (view.samples * 1e6) / samplesPerSecond / 1_000, (endOf(view) * 1e6) / samplesPerSecond);
  const bands = useMemo(
    () => (ready ? operatorBands(windows, operators, view, width) : []),
    [windows, operators, view.first, view.samples, width, ready],
  );

  const sum = current ? answer?.sum : undefined;
  const shown = sum && picture && `${time(view.first)} to ${time(endOf(view))}: mean ${micro(toNumber(sum.meanCurrentUa), 'A')}, at most ${micro(extremes(picture, view).high, 'A')}`;
  // A listener hears where the view has come to, once it rests.
  const said = useRef('');
  useEffect(() => {
    const timer = setTimeout(() => {
      if (said.current && shown && said.current !== shown) announce(`Shown: ${shown}`);
      said.current = shown || said.current;
    }, REST_MS);
    return () => clearTimeout(timer);
  }, [shown]);
  const method = methodWord(energy);
  const button = (text: string, label: string, to: () => Range, disabled = false) => (
    <button type="button" aria-label={label} title={label} disabled={!ready || disabled} onClick={() => setView(to())}>
      {text}
    </button>
  );

  return (
    <section>
      <h2>
        Energy trace <Chip word={method} />
      </h2>
      {overview.error && <Failure error={overview.error} retry={overview.reload} />}
      {!overview.data && !overview.error && <Loading what="the energy trace" />}
      <div class="tools">
        {button('−', 'Zoom out', () => zoomed(view, 2, middle, total), isWhole(view, total))}
        {button('+', 'Zoom in', () => zoomed(view, 0.5, middle, total))}
        {button('◂', 'Earlier', () => panned(view, -view.samples / 4, total), view.first <= 0)}
        {button('▸', 'Later', () => panned(view, view.samples / 4, total), endOf(view) >= total)}
        {button('Whole', 'The whole recording', () => whole(total), isWhole(view, total))}
        <button type="button" disabled={!ready} aria-pressed={cursors !== undefined} onClick={() => change({ cursors: cursors ? undefined : firstCursors(view, windows, total) })}>
          Cursors
        </button>
        <button type="button" disabled={!ready} aria-pressed={state.fit} onClick={() => change({ fit: !state.fit })}>
          Fit current to view
        </button>
        <OverlayForm overlay={state.overlay} set={(to) => change({ overlay: to })} />
      </div>
      {ready && windows.length > 0 && (
        <div class="tools" role="group" aria-label="Windows, with the cursors around them">
          {windows.map((window) => (
            <button key={window.number} type="button" onClick={() => change({ view: around(window, total), cursors: [window.first, endOf(window)] })}>
              Window {window.number}
            </button>
          ))}
        </div>
      )}
      {overlay.error && <Failure error={overlay.error} retry={overlay.reload} />}
      <figure>
        <div
          class="plot"
          ref={element}
          tabIndex={0}
          role="application"
          aria-label="Energy trace. Arrow keys left and right move, plus and minus zoom, Home shows the whole. The cursors are sliders within."
          {...gestures}
        >
          {ready && overview.data && (
            <>
              <TraceChart
                label={`Current over time, ${method.text}. ${shown ?? ''}. The table after it has the numbers.`}
                view={view}
                width={width}
                height={width < 500 ? 240 : 320}
                scale={scaleOf()}
                samplesPerSecond={samplesPerSecond}
                overview={overview.data.picture}
                picture={picture}
                other={other}
                windows={windows}
                bands={bands}
                colour={(kind) => colourOf(kinds, kind)}
                cursors={cursors}
              />
              {cursors && <CursorHandles cursors={cursors} plot={plot} samplesPerSecond={samplesPerSecond} />}
            </>
          )}
        </div>
        <figcaption>
          <span class="key trace-own" aria-hidden="true" /> {state.overlay ? `run ${id}, ${method.text}` : 'mean'}; band: least to most of each point's samples
          {overlay.data && (
            <>
              {' · '}
              <span class="key trace-other" aria-hidden="true" /> run <a href={`/runs/${encodeURIComponent(state.overlay)}`}>{state.overlay}</a>,{' '}
              {overlay.data.run.summary?.modelName} on {overlay.data.run.summary?.boardType}, {methodWord(overlay.data.energy).text}; aligned on its first window's begin
            </>
          )}
          {' · '}shaded: windows
          {bands.length > 0 && <> · coloured strip: operators within each inference, <b>estimated from the profile</b></>}
          {picture && picture.lost.length > 0 && (
            <>
              {' · '}
              <span class="key trace-lost" aria-hidden="true" /> all samples of a point lost
            </>
          )}
          <br />
          Drag, pinch or wheel (with the focus, or Ctrl) to move and zoom; Shift and drag sets the cursors. Keys: ← → + − Home; on a cursor ← →, faster with Shift.
        </figcaption>
      </figure>
      {(trace.error ?? sums.error ?? otherTrace.error) && (
        <Failure
          error={(trace.error ?? sums.error ?? otherTrace.error)!}
          retry={() => [trace, sums, otherTrace].forEach((each) => each.error && each.retry())}
        />
      )}
      {ready && (
        <p>
          Shown: <b class="num">{time(view.first)}</b> to <b class="num">{time(endOf(view))}</b>
          {sum ? (
            <>
              , energy <b class="num">{micro(toNumber(sum.energyUj), 'J')}</b>, mean <b class="num">{micro(toNumber(sum.meanCurrentUa), 'A')}</b>,{' '}
              {duration(toNumber(sum.durationUs))}, {grouped(toNumber(sum.samples))} samples, <Lost sum={sum} />
            </>
          ) : (
            ' …'
          )}
        </p>
      )}
      {ready && cursors && <RangeFacts cursors={cursors} sum={answersTo(sums, sumRequest) ? sums.answer?.sum : undefined} samplesPerSecond={samplesPerSecond} />}
      {ready && <TraceTable id={id} view={view} total={total} samplesPerSecond={samplesPerSecond} />}
    </section>
  );
}
