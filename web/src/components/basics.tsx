// Small parts that every page uses.
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { CallError } from '../api/client';
import { ago, exact } from '../format/time';
import type { Word } from '../format/words';
import { useRouter } from '../router';
import { useLiveStatus, useNow, useServices } from '../services';

/** A state: icon, text and colour together. */
export function Chip({ word, title }: { word: Word; title?: string | undefined }) {
  return (
    <span class={`chip ${word.tone}`} title={title}>
      <span aria-hidden="true">{word.icon}</span> {word.text}
    </span>
  );
}

/** Stands wherever a number could, and is seen. */
export function Unknown({ why }: { why: string }) {
  return <Chip word={{ text: 'unknown', icon: '?', tone: 'unknown' }} title={why} />;
}

export function EmulatedBadge() {
  return (
    <span class="badge" title="Runs in an emulator: instruction counts, never ranked with silicon.">
      emulated
    </span>
  );
}

/** "5 min ago", with the full time on hover. */
export function Age({ of: timestamp }: { of: string | undefined }) {
  const now = useNow();
  if (!timestamp) return <>never</>;
  return (
    <time dateTime={timestamp} title={exact(timestamp)}>
      {ago(timestamp, now)}
    </time>
  );
}

/** A page's heading; takes the focus after a change of page, so that keyboard and screen reader start there. */
export function Heading({ title, children }: { title: string; children?: ComponentChildren }) {
  const { moved } = useRouter();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    if (moved) heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${title} · TinyRig`;
  }, [title]);
  return (
    <h1 tabIndex={-1} ref={heading}>
      {children ?? title}
    </h1>
  );
}

export function Loading({ what }: { what: string }) {
  return (
    <p class="state" role="status">
      Loading {what} …
    </p>
  );
}

export function Failure({ error, retry }: { error: CallError; retry: () => void }) {
  return (
    <div class="state failure" role="alert">
      <p>
        <strong>{error.message}</strong> {error.hint}
      </p>
      <p class="fine">
        {error.reason ?? error.code}{' '}
        <button type="button" onClick={retry}>
          Try again
        </button>
      </p>
    </div>
  );
}

/** Nothing to show yet, and what to do about it. */
export function Empty({ children, command }: { children: ComponentChildren; command: string }) {
  return (
    <div class="state">
      <p>{children}</p>
      <Command text={command} />
    </div>
  );
}

/** A command line with a button that copies it. */
export function Command({ text }: { text: string }) {
  const { announce } = useServices();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    // Off loopback and without TLS there is no clipboard; the text can be selected all the same.
    const done = await navigator.clipboard?.writeText(text).then(() => true, () => false);
    setCopied(done ?? false);
    announce(done ? 'Command copied' : 'Select the command to copy it');
  };
  return (
    <span class="command">
      <code>{text}</code>
      <button type="button" onClick={copy} aria-label={`Copy the command ${text}`}>
        {copied ? 'Copied' : 'Copy'}
      </button>
    </span>
  );
}

/** A file made on this page, when it is asked for. */
export function Download(props: { name: string; type: string; content: () => Promise<string>; children: ComponentChildren }) {
  const [failure, setFailure] = useState('');
  const save = async () => {
    try {
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([await props.content()], { type: props.type }));
      link.download = props.name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
      setFailure('');
    } catch (error) {
      setFailure((error as Error).message);
    }
  };
  return (
    <>
      <button type="button" onClick={save}>
        {props.children}
      </button>
      {failure && <span role="alert">{failure}</span>}
    </>
  );
}

/** A wide table scrolls by itself, also by keyboard; the page does not. */
export function Scroll({ label, children }: { label: string; children: ComponentChildren }) {
  return (
    <div class="scroll" role="region" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}

/** A column head that sorts. */
export function SortHead(props: {
  active: boolean;
  descending: boolean;
  onSort: () => void;
  class?: string;
  title?: string;
  children: ComponentChildren;
}) {
  const order = props.active ? (props.descending ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" aria-sort={order} class={props.class} title={props.title}>
      <button type="button" class="sort" onClick={props.onSort}>
        {props.children}
        <span aria-hidden="true">{props.active ? (props.descending ? ' ▼' : ' ▲') : ''}</span>
      </button>
    </th>
  );
}

/** How far something is, 0..1, with its step in words. */
export function Progress({ step, ratio }: { step: string | undefined; ratio: number }) {
  if (!step) return null;
  return (
    <span class="progress">
      <progress max={1} value={ratio} aria-label={step} /> {ratio > 0 && `${Math.round(ratio * 100)}\u00a0%`} <span>{step}</span>
    </span>
  );
}

/** Says that the daemon is gone, since when, and that the page is trying. */
export function GoneBanner() {
  const status = useLiveStatus();
  const { live } = useServices();
  const now = useNow();
  if (status !== 'gone') return null;
  const since = live.goneSince ?? now;
  return (
    <div class="banner" role="alert">
      <strong>
        <span aria-hidden="true">✕ </span>No connection to the daemon
      </strong>{' '}
      since {exact(new Date(since).toISOString())}. What you see may be old. Trying again by itself …{' '}
      <button type="button" onClick={() => live.start()}>
        Try now
      </button>
    </div>
  );
}
