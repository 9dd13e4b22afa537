// GetEnergyTrace as the daemon answers it, of a recording that idles at 12.5 mA and takes 75.88 mA in the windows.
const IDLE_UA = 12_500;
const ACTIVE_UA = 75_880;

export function traceAnswer(run, request) {
  const { energy } = run.result;
  const total = Number(energy.samples);
  const first = Number(request.firstSample ?? 0);
  const samples = Number(request.samples ?? 0) || total - first;
  const each = Math.max(1, Math.ceil(samples / (request.maxPoints || 1000)));
  const active = (sample) => energy.windows.some((window) => sample >= Number(window.firstSample) && sample < Number(window.firstSample) + Number(window.samples));
  const points = Array.from({ length: Math.ceil(samples / each) }, (_, i) => (active(first + i * each) ? ACTIVE_UA : IDLE_UA));
  const mean = points.reduce((sum, point) => sum + point, 0) / points.length;
  const seconds = samples / energy.samplesPerSecond;
  return {
    totalSamples: String(total),
    samplesPerSecond: energy.samplesPerSecond,
    supplyMv: energy.supplyMv,
    firstSample: String(first),
    samplesPerPoint: String(each),
    minUa: points.map((point) => point - 40),
    maxUa: points.map((point) => point + 40),
    meanUa: points,
    lostPoints: [],
    sum: { samples: String(samples), lostSamples: '0', energyUj: (mean * seconds * energy.supplyMv) / 1e3, meanCurrentUa: mean, durationUs: seconds * 1e6 },
  };
}
