// What the pages get from outside: calls, live events, and one voice for screen readers.
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import { type Call, CallError } from './api/client';
import type { LiveFeed, LiveStatus } from './api/live';
import type { Event } from './api/types';

export interface Services {
  call: Call;
  live: LiveFeed;
  clock: SecondClock;
  /** Says something in the page's polite live region; what comes too fast is held back and merged. */
  announce(text: string): void;
}

export const ServicesContext = createContext<Services | undefined>(undefined);

export function useServices(): Services {
  const services = useContext(ServicesContext);
  if (!services) throw new Error('no ServicesContext above this component');
  return services;
}

export function useLiveEvents(listener: (event: Event) => void): void {
  const { live } = useServices();
  const latest = useRef(listener);
  latest.current = listener;
  useEffect(() => live.onEvent((event) => latest.current(event)), [live]);
}

export function useLiveStatus(): LiveStatus {
  const { live } = useServices();
  const [status, setStatus] = useState(live.status);
  useEffect(() => {
    setStatus(live.status);
    return live.onStatus(() => setStatus(live.status));
  }, [live]);
  return status;
}

export interface Resource<T> {
  /** The last answer; kept while a newer one is on its way or fails. */
  data: T | undefined;
  error: CallError | undefined;
  reload(): void;
  /** Changes the data by what a live event told. */
  update(change: (data: T) => T): void;
}

/**
 * State of the daemon that a page shows: read when `key` changes, and again after a resync or an unreachable daemon.
 * Events that arrive while a read is under way are applied after it: each holds a whole object, so the last one wins.
 */
export function useResource<T>(key: string, load: (call: Call, signal: AbortSignal) => Promise<T>): Resource<T> {
  const { call, live } = useServices();
  const [answer, setAnswer] = useState<{ key: string; data: T } | undefined>();
  const [error, setError] = useState<CallError | undefined>();
  const [turn, setTurn] = useState(0);
  const waiting = useRef<((data: T) => T)[] | undefined>(undefined);
  const failed = useRef(false);

  useEffect(() => {
    const abort = new AbortController();
    waiting.current = [];
    load(call, abort.signal).then(
      (fresh) => {
        if (abort.signal.aborted) return;
        const changes = waiting.current ?? [];
        waiting.current = undefined;
        failed.current = false;
        setError(undefined);
        setAnswer({ key, data: changes.reduce((data, change) => change(data), fresh) });
      },
      (reason: unknown) => {
        if (abort.signal.aborted) return;
        waiting.current = undefined;
        failed.current = true;
        setError(reason instanceof CallError ? reason : new CallError('internal', String(reason)));
      },
    );
    return () => abort.abort();
  }, [call, key, turn]);

  const reload = () => setTurn((previous) => previous + 1);
  useEffect(() => {
    const stopEvents = live.onEvent((event) => {
      if (event.resync) reload();
    });
    const stopStatus = live.onStatus(() => {
      if (live.status === 'live' && failed.current) reload();
    });
    return () => {
      stopEvents();
      stopStatus();
    };
  }, [live]);

  return {
    data: answer?.key === key ? answer.data : undefined,
    error,
    reload,
    update: (change) => {
      if (waiting.current) waiting.current.push(change);
      else setAnswer((previous) => previous && { key: previous.key, data: change(previous.data) });
    },
  };
}

/** Tells its listeners the time once a second, from one timer, while there are any. */
export class SecondClock {
  readonly #listeners = new Set<(now: number) => void>();
  #timer: ReturnType<typeof setInterval> | undefined;

  onSecond(listener: (now: number) => void): () => void {
    this.#listeners.add(listener);
    this.#timer ??= setInterval(() => {
      const now = Date.now();
      for (const each of this.#listeners) each(now);
    }, 1_000);
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size > 0) return;
      clearInterval(this.#timer);
      this.#timer = undefined;
    };
  }
}

/** The time, every second: for ages. */
export function useNow(): number {
  const { clock } = useServices();
  const [now, setNow] = useState(Date.now);
  useEffect(() => clock.onSecond(setNow), [clock]);
  return now;
}
