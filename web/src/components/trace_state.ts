// What of an energy trace is shown, as the URL says it, and how wide it is on the screen.
import { useEffect, useRef, useState } from 'preact/hooks';
import { queryOf, stateOf, type TraceState } from '../model/energy_trace';
import { useRouter, withQuery } from '../router';

const REST_MS = 300;

/** The URL follows a moving hand when it rests; back and forward bring what was shown. */
export function useTraceState(): [TraceState, (changes: Partial<TraceState>) => void] {
  const router = useRouter();
  const [state, setState] = useState(() => stateOf(router.query));
  /** What the URL says, as far as this part has read or written it. */
  const known = useRef(JSON.stringify(state));
  const latest = useRef(router);
  latest.current = router;
  useEffect(() => {
    const timer = setTimeout(() => {
      const href = withQuery(latest.current, queryOf(state));
      const written = JSON.stringify(stateOf(new URLSearchParams(href.split('?')[1])));
      if (written === known.current) return;
      known.current = written;
      latest.current.go(href, true);
    }, REST_MS);
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
export function useWidth() {
  const element = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const target = element.current;
    if (!target) return;
    const observer = new ResizeObserver(() => setWidth(target.clientWidth));
    observer.observe(target);
    return () => observer.disconnect();
  }, []);
  return { element, width };
}
