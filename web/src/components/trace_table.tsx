// The twin of the picture: what it shows as a table in fewer points, and as CSV in more.
import { useState } from 'preact/hooks';
import { micro } from '../format/energy';
import { grouped } from '../format/number';
import { askedFor, pictureOf, type Range, ROW_COLUMNS, rowsOf, timeText } from '../model/energy_trace';
import { useServices } from '../services';
import { Download, Failure, Scroll } from './basics';
import { requestOf, TRACE_METHOD, useTrace } from './use_trace';

const TABLE_POINTS = 100;
const CSV_POINTS = 4_000;

function Rows({ id, range, samplesPerSecond }: { id: string; range: Range; samplesPerSecond: number }) {
  const { answer, error, retry } = useTrace(requestOf(id, range, TABLE_POINTS));
  if (error) return <Failure error={error} retry={retry} />;
  if (!answer) return null;
  const picture = pictureOf(answer);
  const current = (value: string | number | undefined) => (typeof value === 'number' ? micro(value, 'A') : <span class="bad">lost</span>);
  const step = (picture.samplesPerPoint * 1e6) / samplesPerSecond;
  return (
    <Scroll label="Energy trace as a table, scrolls sideways">
      <table>
        <caption>
          {grouped(picture.meanUa.length)} points of at most {grouped(picture.samplesPerPoint)} samples
        </caption>
        <thead>
          <tr>
            {['First sample', 'Samples', 'Begins at', 'Least', 'Mean', 'Most'].map((name) => (
              <th key={name} scope="col" class="num">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rowsOf(picture, samplesPerSecond).map(([first, samples, time, ...currents]) => (
            <tr key={first}>
              <th scope="row" class="num">
                {grouped(Number(first))}
              </th>
              <td class="num">{grouped(Number(samples))}</td>
              <td class="num">{timeText(Number(time), step)}</td>
              {currents.map((value, i) => (
                <td key={i} class="num">
                  {current(value)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </Scroll>
  );
}

export function TraceTable({ id, view, total, samplesPerSecond }: { id: string; view: Range; total: number; samplesPerSecond: number }) {
  const { call } = useServices();
  const [open, setOpen] = useState(false);
  const range = askedFor(view, total);
  const csv = async () => {
    const [answer, { csvLines }] = await Promise.all([
      call(TRACE_METHOD, requestOf(id, range, CSV_POINTS)),
      import('../model/csv'),
    ]);
    return csvLines(ROW_COLUMNS, rowsOf(pictureOf(answer), samplesPerSecond));
  };
  return (
    <>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>What is shown as a table</summary>
        {open && <Rows id={id} range={range} samplesPerSecond={samplesPerSecond} />}
      </details>
      <div class="tools">
        <Download name={`tinyrig-energy-${id}-${range.first}-${range.samples}.csv`} type="text/csv" content={csv}>
          Save what is shown as CSV
        </Download>
      </div>
    </>
  );
}
