import { expect, test, vi } from 'vitest';
import { Announcer } from '../src/announcer';
import { CallError, createCall } from '../src/api/client';
import { LiveFeed, type Socket } from '../src/api/live';
import type { Event } from '../src/api/types';
import { matchPath, withQuery } from '../src/router';

/** A network whose sockets and timers the test moves by hand. */
function network() {
  const paths: string[] = [];
  const waits: number[] = [];
  let socket: Socket | undefined;
  let retry = () => {};
  const feed = new LiveFeed({
    connect: (path) => {
      paths.push(path);
      socket = { onopen: null, onmessage: null, onclose: null, close() {} };
      return socket;
    },
    later: (milliseconds, callback) => {
      waits.push(milliseconds);
      retry = callback;
      return () => (retry = () => {});
    },
  });
  const events: Event[] = [];
  feed.onEvent((event) => events.push(event));
  feed.start();
  return {
    feed,
    paths,
    waits,
    events,
    open: () => socket!.onopen!(),
    close: () => socket!.onclose!(),
    say: (event: Event) => socket!.onmessage!({ data: JSON.stringify(event) }),
    garbage: () => socket!.onmessage!({ data: '{' }),
    retry: () => retry(),
  };
}

test('a broken connection is resumed after the last event, with growing pauses', () => {
  const net = network();
  net.open();
  net.say({ sequence: '41', epoch: 'e1', log: { text: 'x' } });
  net.close();
  expect(net.feed.status).toBe('gone');
  net.retry();
  net.close();
  net.retry();
  net.open();
  expect(net.feed.status).toBe('live');
  expect(net.paths).toEqual(['/ws', '/ws?after=41&epoch=e1', '/ws?after=41&epoch=e1']);
  expect(net.waits).toEqual([500, 1000]);
  expect(net.events).toHaveLength(1); // the daemon says what was missed, nothing is made up here
});

test('state is read anew when nothing says what was missed', () => {
  const net = network();
  net.open();
  net.close();
  net.retry();
  net.open();
  expect(net.events).toEqual([{ resync: {} }]);
});

test('another epoch is another daemon: read anew, then its event', () => {
  const net = network();
  net.open();
  net.say({ sequence: '41', epoch: 'e1', log: {} });
  net.say({ sequence: '7', epoch: 'e2', board: { id: 'a' } });
  net.garbage();
  expect(net.events.slice(1)).toEqual([{ resync: {} }, { sequence: '7', epoch: 'e2', board: { id: 'a' } }]);
});

test('starting twice opens one socket', () => {
  const net = network();
  net.feed.start();
  expect(net.paths).toHaveLength(1);
});

const answering = (status: number, body: string) =>
  createCall((async () => new Response(body, { status })) as unknown as typeof fetch)('tinyrig.v1.RunService/GetRun', { runId: 'r' });

test('a failed call carries what the daemon said', async () => {
  const body = JSON.stringify({
    code: 'not_found',
    message: 'no run r',
    details: [{ type: 'tinyrig.v1.ErrorDetail', value: 'AA', debug: { reason: 'RUN_UNKNOWN', message: 'no run r', hint: 'List runs.' } }],
  });
  await expect(answering(404, body)).rejects.toMatchObject({ code: 'not_found', reason: 'RUN_UNKNOWN', hint: 'List runs.', message: 'no run r' });
  await expect(answering(502, '<html>')).rejects.toMatchObject({ code: 'http_502' });
  expect(await answering(200, '{"run":{}}')).toEqual({ run: {} });
});

test('no answer at all is "unreachable"', async () => {
  const call = createCall((async () => Promise.reject(new TypeError('refused'))) as unknown as typeof fetch);
  await expect(call('tinyrig.v1.BoardService/ListBoards', {})).rejects.toBeInstanceOf(CallError);
  await expect(call('tinyrig.v1.BoardService/ListBoards', {})).rejects.toMatchObject({ code: 'unreachable' });
});

test('announcements are merged while the pause lasts', () => {
  const speak = vi.fn();
  let next = () => {};
  const announcer = new Announcer(speak, (_, callback) => (next = callback));
  for (const text of ['a', 'b', 'c', 'd', 'e']) announcer.announce(text);
  next();
  next();
  announcer.announce('f');
  expect(speak.mock.calls.flat()).toEqual(['a', '1 earlier change. c. d. e', 'f']);
});

test('paths match by segment, names are decoded', () => {
  expect(matchPath('/runs/:id', '/runs/a%2Fb')).toEqual({ id: 'a/b' });
  expect(matchPath('/runs/:id', '/runs/x/')).toEqual({ id: 'x' });
  expect(matchPath('/runs/:id', '/runs')).toBeUndefined();
  expect(matchPath('/runs/:id', '/runs/%')).toBeUndefined();
  expect(matchPath('/', '/')).toEqual({});
  expect(withQuery({ path: '/', query: new URLSearchParams('a=1&b=2') }, { a: undefined, c: 'x y' })).toBe('/?b=2&c=x+y');
});
