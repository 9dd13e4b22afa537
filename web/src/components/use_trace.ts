// Parts of a recording as they are wanted: the last answer stays until the next one is there.
import { useEffect, useRef, useState } from 'preact/hooks';
import { CallError } from '../api/client';
import { Latest } from '../api/latest';
import type { GetEnergyTraceRequest, GetEnergyTraceResponse } from '../api/types';
import type { Range } from '../model/energy_trace';
import { useServices } from '../services';

export const TRACE_METHOD = 'tinyrig.v1.EnergyTraceService/GetEnergyTrace';

export const requestOf = (runId: string, range: Range, maxPoints: number): GetEnergyTraceRequest => ({
  runId,
  firstSample: String(range.first),
  samples: String(range.samples),
  maxPoints,
});

export interface Trace {
  /** What was answered last, and to which request. */
  answer: GetEnergyTraceResponse | undefined;
  request: GetEnergyTraceRequest | undefined;
  error: CallError | undefined;
  retry(): void;
}

/** Asks when the request is another one; undefined asks for nothing. */
export function useTrace(request: GetEnergyTraceRequest | undefined): Trace {
  const { call } = useServices();
  const [shown, setShown] = useState<Pick<Trace, 'answer' | 'request'>>({ answer: undefined, request: undefined });
  const [error, setError] = useState<CallError | undefined>();
  const latest = useRef<Latest<GetEnergyTraceRequest, GetEnergyTraceResponse>>(undefined as never);
  latest.current ??= new Latest(
    (wanted, signal) => call(TRACE_METHOD, wanted, signal),
    (answer, answered) => {
      setError(undefined);
      setShown({ answer, request: answered });
    },
    (reason) => setError(reason instanceof CallError ? reason : new CallError('internal', String(reason))),
  );
  const want = () => {
    if (request) latest.current.want(request);
    else {
      latest.current.stop();
      setError(undefined);
    }
  };
  useEffect(want, [request && JSON.stringify(request)]);
  useEffect(() => () => latest.current.stop(), []);
  return { ...shown, error, retry: want };
}

export const answersTo = ({ request }: Trace, wanted: GetEnergyTraceRequest | undefined): boolean =>
  request !== undefined && wanted !== undefined && JSON.stringify(request) === JSON.stringify(wanted);
