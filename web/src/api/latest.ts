// Asks for what is wanted now. Wants that come fast are held back: a picture that follows a hand asks a few times a
// second. Asking drops what was asked before, so that no older answer comes after a newer one.

const PAUSE_MS = 60;
/** Held back no longer than this, however fast wants come. */
const MOST_PAUSE_MS = 250;

export class Latest<Q, A> {
  readonly #ask: (request: Q, signal: AbortSignal) => Promise<A>;
  readonly #answered: (answer: A, request: Q) => void;
  readonly #failed: (error: unknown) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waitingSince = 0;
  #abort: AbortController | undefined;

  constructor(ask: (request: Q, signal: AbortSignal) => Promise<A>, answered: (answer: A, request: Q) => void, failed: (error: unknown) => void) {
    this.#ask = ask;
    this.#answered = answered;
    this.#failed = failed;
  }

  want(request: Q): void {
    const now = Date.now();
    if (this.#timer === undefined) this.#waitingSince = now;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#go(request), Math.max(0, Math.min(PAUSE_MS, this.#waitingSince + MOST_PAUSE_MS - now)));
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#abort?.abort();
  }

  #go(request: Q): void {
    this.stop();
    const abort = new AbortController();
    this.#abort = abort;
    this.#ask(request, abort.signal).then(
      (answer) => !abort.signal.aborted && this.#answered(answer, request),
      (error: unknown) => !abort.signal.aborted && this.#failed(error),
    );
  }
}
