// A daemon's HTTP face for tests without a daemon: serves dist/, answers calls from test/prepared/METHOD.json
// (written by hand, so that every state is there), and holds WebSockets on /ws. Its Content-Security-Policy and its
// paths are the real daemon's.
//
//   node tools/with_node.mjs test/server.mjs [port]     prints its address
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { energyTrace } from './energy_trace.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, '..', 'dist');
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
export const POLICY = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'; object-src 'none'";

/** An unmasked, unfragmented text frame (RFC 6455, 5.2). */
function textFrame(text) {
  const body = Buffer.from(text);
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : Buffer.from([0x81, 126, body.length >> 8, body.length & 255]);
  return Buffer.concat([head, body]);
}

export async function startServer(port = 0) {
  /** Method name to an answer, or to a function of the request; tests change it. */
  const answers = { GetEnergyTrace: energyTrace };
  const sockets = new Set();
  const upgrades = [];

  const call = (method, request) => {
    const name = method.split('/').pop();
    if (name in answers) return typeof answers[name] === 'function' ? answers[name](request) : answers[name];
    const file = join(here, 'prepared', `${name}.json`);
    if (!/^\w+$/.test(name) || !existsSync(file)) return undefined;
    return JSON.parse(readFileSync(file, 'utf8'));
  };

  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const send = (status, type, body) => {
      response.writeHead(status, { 'Content-Type': type, 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff' });
      response.end(body);
    };
    if (request.method === 'POST') {
      let text = '';
      request.on('data', (chunk) => (text += chunk));
      request.on('end', () => {
        const answer = call(pathname, JSON.parse(text));
        if (answer?.code) send(answer.status ?? 404, 'application/json', JSON.stringify(answer));
        else if (answer) send(200, 'application/json', JSON.stringify(answer));
        else send(404, 'application/json', JSON.stringify({ code: 'unimplemented', message: `${pathname} is not prepared` }));
      });
      return;
    }
    const wanted = join(dist, normalize(pathname));
    const file = extname(pathname) && wanted.startsWith(dist) && existsSync(wanted) ? wanted : join(dist, 'index.html');
    send(200, TYPES[extname(file)] ?? 'application/octet-stream', readFileSync(file));
  });
  server.on('upgrade', (request, socket) => {
    upgrades.push(request.url);
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => sockets.delete(socket));
    socket.on('data', (frame) => (frame[0] & 15) === 8 && socket.end());
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    port: server.address().port,
    answers,
    upgrades,
    emit: (event) => sockets.forEach((socket) => socket.write(textFrame(JSON.stringify(event)))),
    dropSockets: () => sockets.forEach((socket) => socket.destroy()),
    stop: () => {
      sockets.forEach((socket) => socket.destroy());
      server.closeAllConnections();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const server = await startServer(Number(process.argv[2] ?? 0));
  console.log(server.url);
}
