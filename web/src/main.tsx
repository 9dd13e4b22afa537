// Wires the parts and starts the dashboard.
import { render } from 'preact';
import { Announcer } from './announcer';
import { createCall } from './api/client';
import { browserOutside, LiveFeed } from './api/live';
import { App } from './app';
import { SecondClock, type Services, ServicesContext } from './services';
import './style.css';
import { currentTheme, setTheme } from './theme';

setTheme(currentTheme());

const voice = document.createElement('div');
voice.className = 'voice';
voice.setAttribute('role', 'status');
voice.setAttribute('aria-live', 'polite');
document.body.append(voice);
const announcer = new Announcer(
  (text) => (voice.textContent = text),
  (milliseconds, callback) => setTimeout(callback, milliseconds),
);

const live = new LiveFeed(browserOutside());
live.start();
addEventListener('online', () => live.start());

const services: Services = {
  call: createCall((...request) => fetch(...request)),
  live,
  clock: new SecondClock(),
  announce: (text) => announcer.announce(text),
};
render(
  <ServicesContext.Provider value={services}>
    <App />
  </ServicesContext.Provider>,
  document.getElementById('app')!,
);
