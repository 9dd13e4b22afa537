// Live events: one WebSocket per page, opened again when it breaks, resumed where it was.
import type { Event } from './types';

export type LiveStatus = 'connecting' | 'live' | 'gone';

/** The part of WebSocket that is used; tests bring their own. */
export interface Socket {
  onopen: (() => void) | null;
  onmessage: ((message: { data: unknown }) => void) | null;
  onclose: (() => void) | null;
  close(): void;
}

export interface LiveOutside {
  /** Opens a socket on a path of this origin. */
  connect(path: string): Socket;
  /** Calls back after a while; answers how to cancel it. */
  later(milliseconds: number, callback: () => void): () => void;
}

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 8_000;

export class LiveFeed {
  status: LiveStatus = 'connecting';
  /** When the connection was lost; undefined while it holds. */
  goneSince: number | undefined;

  readonly #outside: LiveOutside;
  readonly #eventListeners = new Set<(event: Event) => void>();
  readonly #statusListeners = new Set<() => void>();
  #socket: Socket | undefined;
  #cancelRetry: (() => void) | undefined;
  #retryMs = FIRST_RETRY_MS;
  #everOpen = false;
  #sequence: string | undefined;
  #epoch: string | undefined;

  constructor(outside: LiveOutside) {
    this.#outside = outside;
  }

  onEvent(listener: (event: Event) => void): () => void {
    this.#eventListeners.add(listener);
    return () => this.#eventListeners.delete(listener);
  }

  onStatus(listener: () => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  /** Opens the socket now, without waiting for the next retry. Does nothing while one is open or opening. */
  start(): void {
    this.#cancelRetry?.();
    this.#cancelRetry = undefined;
    if (this.#socket) return;
    const resumable = this.#sequence !== undefined && this.#epoch !== undefined;
    const query = new URLSearchParams({ after: this.#sequence ?? '', epoch: this.#epoch ?? '' });
    const socket = this.#outside.connect(resumable ? `/ws?${query}` : '/ws');
    this.#socket = socket;
    socket.onopen = () => {
      this.#retryMs = FIRST_RETRY_MS;
      this.#setStatus('live');
      // Nothing was received before the break, so the daemon cannot know what this page missed.
      if (this.#everOpen && !resumable) this.#emit({ resync: {} });
      this.#everOpen = true;
    };
    socket.onmessage = (message) => this.#receive(message.data);
    socket.onclose = () => {
      this.#socket = undefined;
      this.#setStatus('gone');
      this.#cancelRetry = this.#outside.later(this.#retryMs, () => this.start());
      this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
    };
  }

  #receive(data: unknown): void {
    let event: Event;
    try {
      event = JSON.parse(String(data)) as Event;
    } catch {
      return;
    }
    const restarted = this.#epoch !== undefined && event.epoch !== undefined && event.epoch !== this.#epoch;
    this.#sequence = event.sequence ?? this.#sequence;
    this.#epoch = event.epoch ?? this.#epoch;
    // Another epoch is another daemon: whatever happened between the two was not heard.
    if (restarted && !event.resync) this.#emit({ resync: {} });
    this.#emit(event);
  }

  #emit(event: Event): void {
    for (const listener of this.#eventListeners) listener(event);
  }

  #setStatus(status: LiveStatus): void {
    if (this.status === status) return;
    if (status === 'gone') this.goneSince = Date.now();
    if (status === 'live') this.goneSince = undefined;
    this.status = status;
    for (const listener of this.#statusListeners) listener();
  }
}

/** The feed of this page's daemon. */
export function browserOutside(): LiveOutside {
  return {
    connect: (path) => new WebSocket(path.replace(/^/, location.origin.replace(/^http/, 'ws'))) as unknown as Socket,
    later: (milliseconds, callback) => {
      const timer = setTimeout(callback, milliseconds);
      return () => clearTimeout(timer);
    },
  };
}
