// A made-up recording that fits the windows of prepared/GetRun.json, answered as the daemon answers.
const TOTAL = 123_400;
const SAMPLES_PER_SECOND = 100_000;
const SUPPLY_MV = 3300;
const WINDOW = { first: 1_200, every: 24_000, samples: 22_528, count: 5, inferences: 2 };
const LOST = { first: 60_000, samples: 240 };
const INVALID = { reason: 'TRACE_RANGE_INVALID', message: 'This recording has 123400 samples.', hint: 'Ask for a part of them.' };

/** Microampere of a sample; undefined: lost. */
function currentAt(sample) {
  if (sample >= LOST.first && sample < LOST.first + LOST.samples) return undefined;
  const noise = ((Math.imul(sample + 1, 2_654_435_761) >>> 16) & 1023) / 1023 - 0.5;
  const after = sample - WINDOW.first;
  const within = after % WINDOW.every;
  if (after < 0 || after >= WINDOW.every * WINDOW.count || within >= WINDOW.samples) return 12_500 + 300 * noise;
  const part = (within % (WINDOW.samples / WINDOW.inferences)) / (WINDOW.samples / WINDOW.inferences);
  return 70_000 + 12_000 * Math.sin(part * 3.1) + 4_000 * Math.sign(Math.sin(part * 40)) + 2_500 * noise;
}

const currents = Array.from({ length: TOTAL }, (_, sample) => currentAt(sample));

function partOf(first, count) {
  const part = { min: Infinity, max: -Infinity, sum: 0, came: 0 };
  for (let sample = first; sample < first + count; sample++) {
    const current = currents[sample];
    if (current === undefined) continue;
    part.min = Math.min(part.min, current);
    part.max = Math.max(part.max, current);
    part.sum += current;
    part.came++;
  }
  return part.came > 0 ? { ...part, mean: part.sum / part.came } : { min: 0, max: 0, sum: 0, came: 0, mean: 0 };
}

export function energyTrace({ firstSample = '0', samples = '0', maxPoints = 0 }) {
  const first = Number(firstSample);
  if (first + Number(samples) > TOTAL || maxPoints > 4_000) {
    return { status: 400, code: 'invalid_argument', message: INVALID.message, details: [{ type: 'tinyrig.v1.ErrorDetail', value: '', debug: INVALID }] };
  }
  const count = Number(samples) || TOTAL - first;
  const perPoint = Math.max(1, Math.ceil(count / (maxPoints || 1_000)));
  const points = Array.from({ length: Math.ceil(count / perPoint) }, (_, i) => partOf(first + i * perPoint, Math.min(perPoint, count - i * perPoint)));
  const all = partOf(first, count);
  return {
    totalSamples: `${TOTAL}`,
    samplesPerSecond: SAMPLES_PER_SECOND,
    supplyMv: SUPPLY_MV,
    firstSample: `${first}`,
    samplesPerPoint: `${perPoint}`,
    minUa: points.map((point) => point.min),
    maxUa: points.map((point) => point.max),
    meanUa: points.map((point) => point.mean),
    lostPoints: points.flatMap((point, i) => (point.came === 0 ? [i] : [])),
    sum: {
      samples: `${count}`,
      lostSamples: `${count - all.came}`,
      energyUj: (all.sum / SAMPLES_PER_SECOND) * (SUPPLY_MV / 1e3),
      meanCurrentUa: all.mean,
      durationUs: (count * 1e6) / SAMPLES_PER_SECOND,
    },
  };
}
