// A second run beside an energy trace, aligned on the begin of its first window.
import { useEffect, useMemo, useState } from 'preact/hooks';
import { CallError } from '../api/client';
import type { EnergyResult, TraceSum } from '../api/types';
import { toNumber } from '../format/number';
import { methodWord } from '../model/energy';
import { alignmentOf, pictureOf, placed, type Range, theirRange } from '../model/energy_trace';
import { useResource } from '../services';
import { answersTo, requestOf, TRACE_METHOD, useTrace } from './use_trace';

const OVERVIEW_POINTS = 1_000;

/** Its picture in a view of `points` pixels, and its sum over a range, both in samples of this run. */
export function useOverlay(overlay: string, energy: EnergyResult, view: Range, points: number, range: Range | undefined) {
  const resource = useResource(`overlay ${overlay}`, async (call, signal) => {
    if (!overlay) return undefined;
    const [{ run = {} }, trace] = await Promise.all([
      call('tinyrig.v1.RunService/GetRun', { runId: overlay }, signal),
      call(TRACE_METHOD, { runId: overlay, maxPoints: OVERVIEW_POINTS }, signal),
    ]);
    const theirs = run.result?.energy;
    const alignment = theirs && alignmentOf(energy, theirs);
    if (!theirs || !alignment) throw new CallError('failed_precondition', `Run ${overlay} has no window to align with.`);
    const { modelName, boardType } = run.summary ?? {};
    return { name: `${modelName} on ${boardType}, ${methodWord(theirs).text}`, alignment, total: toNumber(trace.totalSamples), picture: pictureOf(trace) };
  });
  const data = overlay ? resource.data : undefined;

  const shown = data && points > 0 ? theirRange(view, data.alignment, data.total) : undefined;
  const share = shown && data ? shown.samples / data.alignment.scale / view.samples : 0;
  const trace = useTrace(shown && requestOf(overlay, shown, Math.max(1, Math.min(points, Math.round(share * points)))));
  const answer = trace.request?.runId === overlay ? trace.answer : undefined;
  const picture = useMemo(() => data && placed(answer ? pictureOf(answer) : data.picture, data.alignment), [answer, data]);

  const chosen = data && range && theirRange(range, data.alignment, data.total);
  const sumRequest = chosen && requestOf(overlay, chosen, 1);
  const sums = useTrace(sumRequest);
  /** Null: it has no samples there; undefined: on its way. */
  const sum: TraceSum | null | undefined = !chosen ? null : answersTo(sums, sumRequest) ? sums.answer?.sum : undefined;
  return { data, error: overlay ? resource.error : undefined, reload: resource.reload, picture, sum, parts: [trace, sums] };
}

export function OverlayForm({ overlay, set }: { overlay: string; set: (overlay: string) => void }) {
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
        Run beside it{' '}
        <input type="text" value={text} placeholder="run id" spellcheck={false} autocomplete="off" onInput={(event) => setText(event.currentTarget.value)} />
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
