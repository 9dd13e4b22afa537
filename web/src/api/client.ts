// Calls of the daemon's unary methods: JSON over HTTP in the shape of the Connect protocol.
import type { ErrorDetail, Methods } from './types';

export type Call = <M extends keyof Methods>(
  method: M,
  request: Methods[M]['request'],
  signal?: AbortSignal,
) => Promise<Methods[M]['response']>;

/** A call that failed: what the daemon said, or that it did not answer. */
export class CallError extends Error {
  constructor(
    /** Connect's code ("not_found"), or "unreachable" when no answer came at all. */
    readonly code: string,
    message: string,
    /** Stable reason ("RUN_UNKNOWN"), when the daemon gave one. */
    readonly reason?: string | undefined,
    readonly hint?: string | undefined,
  ) {
    super(message);
  }
}

/** Connect wraps details as {type, value: base64, debug: the message as JSON}; plain JSON of it is taken as well. */
function errorDetail(details: unknown): ErrorDetail | undefined {
  if (!Array.isArray(details)) return undefined;
  for (const detail of details as { debug?: ErrorDetail; reason?: string }[]) {
    if (detail?.debug?.reason) return detail.debug;
    if (detail?.reason) return detail as ErrorDetail;
  }
  return undefined;
}

export function createCall(fetchJson: typeof fetch): Call {
  return async (method, request, signal) => {
    let response: Response;
    try {
      response = await fetchJson(`/${method}`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'Connect-Protocol-Version': '1' },
        body: JSON.stringify(request),
        ...(signal ? { signal } : {}),
      });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw new CallError('unreachable', 'The daemon does not answer.', undefined, 'Check that tinyrigd is running.');
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (response.ok && body !== undefined) return body as Methods[typeof method]['response'];
    const failure = (body ?? {}) as { code?: string; message?: string; details?: unknown };
    const detail = errorDetail(failure.details);
    throw new CallError(
      failure.code ?? `http_${response.status}`,
      detail?.message || failure.message || `The daemon answered with HTTP status ${response.status}.`,
      detail?.reason,
      detail?.hint,
    );
  };
}
