// The picture of an energy trace: windows, operators, the band and mean of one or two runs, cursors. Paths have the
// points of an answer; moving and zooming change their transform alone, so that the old picture follows the hand.
import { useMemo } from 'preact/hooks';
import { micro } from '../format/energy';
import {
  type Band,
  type Cursors,
  endOf,
  PATH_HEIGHT,
  pathsOf,
  peakOf,
  type Picture,
  type Range,
  ticksOf,
  timeText,
  toPixel,
  type TraceWindow,
  uncovered,
} from '../model/energy_trace';
import { colourOf, type KindTotal } from '../model/profile';
import { memo } from './memo';

export interface Scale {
  low: number;
  high: number;
}

const TOP = 34;
const BOTTOM = 20;
const LOST_HEIGHT = 6;

interface LayerProps {
  picture: Picture;
  /** What of it is drawn. */
  part: Range;
  view: Range;
  width: number;
  height: number;
  scale: Scale;
  css: string;
}

/** A part of a picture, at its place. An inner <svg> clips it. */
function Layer({ picture, part, view, width, height, scale, css }: LayerProps) {
  const { band, mean } = useMemo(() => pathsOf(picture), [picture]);
  const peak = useMemo(() => peakOf(picture), [picture]);
  const left = Math.max(0, toPixel(view, width, part.first));
  const right = Math.min(width, toPixel(view, width, endOf(part)));
  if (right <= left) return null;
  const perPoint = (picture.samplesPerPoint / view.samples) * width;
  const perUnit = height / (scale.high - scale.low);
  const from = toPixel(view, width, picture.first) - left;
  return (
    <svg class={css} x={left} y={TOP} width={right - left} height={height}>
      <g transform={`translate(${from} ${scale.high * perUnit}) scale(${perPoint} ${(-perUnit * peak) / PATH_HEIGHT})`}>
        <path class="band" d={band} />
        <path class="mean" d={mean} />
      </g>
      {picture.lost.map(([first, end]) => (
        <rect key={first} class="lost" x={from + first * perPoint} y={height - LOST_HEIGHT} width={Math.max(1.5, (end - first) * perPoint)} height={LOST_HEIGHT}>
          <title>All samples lost</title>
        </rect>
      ))}
    </svg>
  );
}

function Axes({ view, width, height, scale, samplesPerSecond }: { view: Range; width: number; height: number; scale: Scale; samplesPerSecond: number }) {
  const toUs = 1e6 / samplesPerSecond;
  const [from, to] = [view.first * toUs, endOf(view) * toUs];
  const times = ticksOf(from, to, Math.max(2, Math.floor(width / 110)));
  const currents = ticksOf(scale.low, scale.high, Math.max(2, Math.floor(height / 46)));
  return (
    <g class="axes">
      {currents.ticks.map((current) => {
        const y = TOP + (height * (scale.high - current)) / (scale.high - scale.low);
        return (
          <g key={current}>
            <line x2={width} y1={y} y2={y} />
            {y > TOP + 12 && (
              <text x={4} y={y - 3}>
                {micro(current, 'A')}
              </text>
            )}
          </g>
        );
      })}
      {times.ticks.map((time) => {
        const x = ((time - from) / (to - from)) * width;
        return (
          <g key={time}>
            <line x1={x} x2={x} y1={TOP} y2={TOP + height} />
            {x > 24 && x < width - 30 && (
              <text class="time" x={x} y={TOP + height + 14}>
                {timeText(time, times.step, to)}
              </text>
            )}
          </g>
        );
      })}
    </g>
  );
}

interface LabelledProps {
  range: Range;
  view: Range;
  width: number;
  css: string;
  y: number;
  height: number;
  /** The longest that has room is shown. */
  texts: string[];
}

/** Text stands where its range begins on the screen. */
function Labelled({ range, view, width, css, y, height, texts }: LabelledProps) {
  const left = Math.max(0, toPixel(view, width, range.first));
  const right = Math.min(width, toPixel(view, width, endOf(range)));
  if (right <= left) return null;
  const text = texts.find(({ length }) => right - left > 8 + 6.6 * length);
  return (
    <g>
      <rect class={css} x={left} y={y} width={Math.max(1, right - left)} height={height}>
        <title>{texts[0]}</title>
      </rect>
      {text && (
        <text x={left + 4} y={y + 12}>
          {text}
        </text>
      )}
    </g>
  );
}

export interface ChartProps {
  /** What a listener is told instead. */
  label: string;
  view: Range;
  width: number;
  height: number;
  scale: Scale;
  samplesPerSecond: number;
  /** The whole recording, coarse; and what was answered last. */
  overview: Picture;
  picture: Picture | undefined;
  other: Picture | undefined;
  windows: TraceWindow[];
  bands: Band[];
  kinds: KindTotal[];
  cursors: Cursors | undefined;
}

function Chart(props: ChartProps) {
  const { view, width, scale, overview, picture, other, windows, cursors } = props;
  const height = props.height - TOP - BOTTOM;
  const layer = { view, width, height, scale };
  const x = (sample: number) => toPixel(view, width, sample);
  return (
    <svg class="trace" role="img" aria-label={props.label} width={width} height={props.height}>
      {windows.map((window) => (
        <Labelled
          key={window.number}
          range={window}
          view={view}
          width={width}
          css="window"
          y={0}
          height={TOP + height}
          texts={[`Window ${window.number}: ${micro(window.energyUj, 'J')}`, micro(window.energyUj, 'J'), `${window.number}`]}
        />
      ))}
      {cursors && <rect class="chosen" x={x(Math.min(...cursors))} y={TOP} width={Math.max(0, x(Math.max(...cursors)) - x(Math.min(...cursors)))} height={height} />}
      <Axes view={view} width={width} height={height} scale={scale} samplesPerSecond={props.samplesPerSecond} />
      {other && <Layer {...layer} picture={other} part={other} css="other" />}
      {uncovered(view, picture).map((part, i) => (
        <Layer key={`${i}`} {...layer} picture={overview} part={part} css="own" />
      ))}
      {picture && <Layer key="now" {...layer} picture={picture} part={picture} css="own" />}
      {props.bands.map((band) => (
        <Labelled key={band.first} range={band} view={view} width={width} css={`operator ${colourOf(props.kinds, band.kind)}`} y={17} height={16} texts={[band.text]} />
      ))}
    </svg>
  );
}

export const TraceChart = memo<ChartProps>(Chart);
