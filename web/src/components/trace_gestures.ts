// Hands on an energy trace: drag, pinch, wheel and keys, as changes of the view.
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { type Cursors, cursorAt, panned, pinched, type Range, toSample, zoomed } from '../model/energy_trace';

export interface Plot {
  view: Range;
  width: number;
  total: number;
  setView(view: Range): void;
  setCursors(cursors: Cursors | undefined): void;
}

/** What a key does to the view; undefined: nothing. */
export function viewByKey(key: string, shift: boolean, { view, total }: Pick<Plot, 'view' | 'total'>): Range | undefined {
  const middle = view.first + view.samples / 2;
  const step = view.samples * (shift ? 0.5 : 0.1);
  switch (key) {
    case 'ArrowLeft':
      return panned(view, -step, total);
    case 'ArrowRight':
      return panned(view, step, total);
    case '+':
    case '=':
      return zoomed(view, 0.5, middle, total);
    case '-':
    case '_':
      return zoomed(view, 2, middle, total);
    case 'Home':
      return { first: 0, samples: total };
    default:
      return undefined;
  }
}

/** Where a key puts a cursor; undefined: nothing. */
export function cursorByKey(key: string, shift: boolean, at: number, { view, width, total }: Pick<Plot, 'view' | 'width' | 'total'>): number | undefined {
  const step = Math.max(1, Math.round((view.samples / width) * (shift ? 10 : 1)));
  const big = Math.max(1, Math.round(view.samples / 10));
  const places: Record<string, number> = {
    ArrowLeft: at - step,
    ArrowDown: at - step,
    ArrowRight: at + step,
    ArrowUp: at + step,
    PageDown: at - big,
    PageUp: at + big,
    Home: view.first,
    End: view.first + view.samples,
  };
  const place = places[key];
  return place === undefined ? undefined : cursorAt(place, total);
}

/**
 * Handlers for the element with the picture. The wheel zooms only while the element has the focus, or with Ctrl: else
 * nobody could scroll past it.
 */
export function useGestures(element: RefObject<HTMLElement | null>, plot: Plot) {
  const now = useRef(plot);
  now.current = plot;
  const fingers = useRef(new Map<number, number>());
  /** Samples that stay under the fingers, or where a range began. */
  const held = useRef<{ samples: number[]; chooses: boolean }>({ samples: [], chooses: false });

  const place = (event: { clientX: number }) => event.clientX - (element.current?.getBoundingClientRect().left ?? 0);
  const hold = (chooses: boolean) => {
    const { view, width } = now.current;
    held.current = { samples: [...fingers.current.values()].map((pixel) => toSample(view, width, pixel)), chooses };
  };

  useEffect(() => {
    const target = element.current;
    const onWheel = (event: WheelEvent) => {
      const { view, width, total, setView } = now.current;
      const sideways = event.shiftKey ? event.deltaX || event.deltaY : event.deltaX;
      const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? width : 1;
      if (event.shiftKey || Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
        event.preventDefault();
        setView(panned(view, (sideways * unit * view.samples) / width, total));
      } else if (event.ctrlKey || event.metaKey || target?.contains(document.activeElement)) {
        event.preventDefault();
        // A pinch on a touchpad comes as small steps with Ctrl.
        const speed = event.ctrlKey && Math.abs(event.deltaY) < 50 ? 0.01 : 0.002;
        setView(zoomed(view, Math.exp(event.deltaY * unit * speed), toSample(view, width, place(event)), total));
      }
    };
    target?.addEventListener('wheel', onWheel, { passive: false });
    return () => target?.removeEventListener('wheel', onWheel);
  }, []);

  const lift = (event: PointerEvent) => {
    fingers.current.delete(event.pointerId);
    hold(false);
  };
  return {
    onPointerDown: (event: PointerEvent) => {
      if (event.button !== 0 || fingers.current.size === 2) return;
      element.current?.setPointerCapture(event.pointerId);
      fingers.current.set(event.pointerId, place(event));
      hold(event.shiftKey);
    },
    onPointerMove: (event: PointerEvent) => {
      if (!fingers.current.has(event.pointerId)) return;
      fingers.current.set(event.pointerId, place(event));
      const { view, width, total, setView, setCursors } = now.current;
      const [first = 0, second] = held.current.samples;
      const [one = 0, two] = fingers.current.values();
      if (second !== undefined && two !== undefined) setView(pinched([first, second], [one, two], width, total));
      else if (held.current.chooses) setCursors([cursorAt(first, total), cursorAt(toSample(view, width, one), total)]);
      else setView(panned(view, first - toSample(view, width, one), total));
    },
    onPointerUp: lift,
    onPointerCancel: lift,
    onKeyDown: (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const view = viewByKey(event.key, event.shiftKey, now.current);
      if (!view) return;
      event.preventDefault();
      now.current.setView(view);
    },
  };
}
