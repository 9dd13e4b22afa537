// The frame around every page: navigation, connection, theme, and which URL is which page.
import type { ComponentType } from 'preact';
import { useState } from 'preact/hooks';
import { GoneBanner } from './components/basics';
import { lazyPart } from './components/lazy';
import { LeaderboardPage } from './pages/leaderboard';
import { matchPath, RouterContext, useBrowserRouter } from './router';
import { useLiveStatus } from './services';
import { currentTheme, nextTheme, setTheme } from './theme';

type Page = ComponentType<{ id: string }>;

const ROUTES: [string, Page][] = [
  ['/', LeaderboardPage],
  ['/boards', lazyPart(() => import('./pages/boards').then((module) => module.BoardsPage))],
  ['/jobs', lazyPart(() => import('./pages/jobs').then((module) => module.JobsPage))],
  ['/jobs/:id', lazyPart(() => import('./pages/job').then((module) => module.JobPage))],
  ['/runs/:id', lazyPart(() => import('./pages/run').then((module) => module.RunPage))],
];

const NotFound: Page = lazyPart<{ id: string }>(() => import('./pages/not_found').then((module) => module.NotFoundPage));

const NAVIGATION: [string, string][] = [['/', 'Leaderboard'], ['/boards', 'Boards'], ['/jobs', 'Jobs']];

function LiveMark() {
  const status = useLiveStatus();
  const [tone, text] = { connecting: ['quiet', '◌ connecting'], live: ['good', '● live'], gone: ['bad', '✕ no connection'] }[status] as [string, string];
  return <span class={`chip ${tone}`}>{text}</span>;
}

function ThemeButton() {
  const [theme, setShown] = useState(currentTheme);
  const change = () => {
    const next = nextTheme(theme);
    setTheme(next);
    setShown(next);
  };
  return (
    <button type="button" onClick={change} aria-label={`Colours: ${theme}. Change`}>
      {{ auto: '◐ auto', light: '○ light', dark: '● dark' }[theme]}
    </button>
  );
}

export function App() {
  const router = useBrowserRouter();

  let Matched: Page = NotFound;
  let id = '';
  for (const [pattern, candidate] of ROUTES) {
    const parts = matchPath(pattern, router.path);
    if (!parts) continue;
    Matched = candidate;
    id = parts.id ?? '';
    break;
  }
  const section = `/${router.path.split('/')[1]}`;
  return (
    <RouterContext.Provider value={router}>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <header class="top">
        <a class="brand" href="/">
          Tiny<b>Rig</b>
        </a>
        <nav aria-label="Pages">
          {NAVIGATION.map(([path, name]) => (
            <a key={path} href={path} aria-current={section === path || (path === '/jobs' && section === '/runs') ? 'page' : undefined}>
              {name}
            </a>
          ))}
        </nav>
        <LiveMark />
        <ThemeButton />
      </header>
      <GoneBanner />
      <main id="main">
        <Matched key={router.path} id={id} />
      </main>
    </RouterContext.Provider>
  );
}
