// URLs of this origin to pages, without reloading. Every view is a URL: path and query are its only state.
import { createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';

export interface Place {
  path: string;
  query: URLSearchParams;
}

export interface Router extends Place {
  /** Another page was shown before this one, without reloading. */
  moved: boolean;
  /** Goes to a path with query on this origin; `replace` leaves no entry in the history. */
  go(href: string, replace?: boolean): void;
}

export const RouterContext = createContext<Router | undefined>(undefined);

export function useRouter(): Router {
  const router = useContext(RouterContext);
  if (!router) throw new Error('no RouterContext above this component');
  return router;
}

/** Matches "/runs/:id" against a path; answers the named parts, decoded, or undefined. */
export function matchPath(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split('/');
  const given = path.replace(/(.)\/$/, '$1').split('/');
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [i, name] of wanted.entries()) {
    const value = given[i] ?? '';
    if (!name.startsWith(':')) {
      if (name !== value) return undefined;
      continue;
    }
    try {
      parts[name.slice(1)] = decodeURIComponent(value);
    } catch {
      return undefined;
    }
  }
  return parts;
}

/** The same place with some query fields changed; an empty value removes its field. */
export function withQuery(place: Place, changes: Record<string, string | undefined>): string {
  const query = new URLSearchParams(place.query);
  for (const [name, value] of Object.entries(changes)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  const text = query.toString();
  return place.path + (text ? `?${text}` : '');
}

const here = (): Place => ({ path: location.pathname, query: new URLSearchParams(location.search) });

/** The link of a click that this page can follow itself. */
function ownLink(event: MouseEvent): HTMLAnchorElement | undefined {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const link = (event.target as Element | null)?.closest('a');
  if (!link || link.target || link.hasAttribute('download') || link.origin !== location.origin || link.hash) return;
  return link;
}

export function useBrowserRouter(): Router {
  const [place, setPlace] = useState(here);
  const first = useRef(place.path);
  const moved = useRef(false);
  if (place.path !== first.current) moved.current = true;
  const go = (href: string, replace = false) => {
    if (replace) history.replaceState(null, '', href);
    else history.pushState(null, '', href);
    setPlace(here());
  };
  useEffect(() => {
    const onPop = () => setPlace(here());
    const onClick = (event: MouseEvent) => {
      const link = ownLink(event);
      if (!link) return;
      event.preventDefault();
      go(link.pathname + link.search);
      scrollTo(0, 0);
    };
    addEventListener('popstate', onPop);
    document.addEventListener('click', onClick);
    return () => {
      removeEventListener('popstate', onPop);
      document.removeEventListener('click', onClick);
    };
  }, []);
  return { ...place, moved: moved.current, go };
}
