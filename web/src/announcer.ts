// What a screen reader is told of live changes: at most one utterance in five seconds, the newest few merged.
import { counted } from './format/words';

const PAUSE_MS = 5_000;
const MOST_AT_ONCE = 3;

export class Announcer {
  readonly #speak: (text: string) => void;
  readonly #later: (milliseconds: number, callback: () => void) => void;
  #waiting: string[] = [];
  #pausing = false;

  constructor(speak: (text: string) => void, later: (milliseconds: number, callback: () => void) => void) {
    this.#speak = speak;
    this.#later = later;
  }

  announce(text: string): void {
    this.#waiting.push(text);
    if (!this.#pausing) this.#flush();
  }

  #flush(): void {
    if (this.#waiting.length === 0) {
      this.#pausing = false;
      return;
    }
    const dropped = this.#waiting.length - MOST_AT_ONCE;
    const texts = this.#waiting.slice(-MOST_AT_ONCE);
    if (dropped > 0) texts.unshift(counted(dropped, 'earlier change'));
    this.#waiting = [];
    this.#pausing = true;
    this.#speak(texts.join('. '));
    this.#later(PAUSE_MS, () => this.#flush());
  }
}
