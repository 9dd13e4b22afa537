// The dashboard in a real Chromium: `npm run e2e` in web/, after `npm run build`.
//
//   TINYRIG_URL=http://127.0.0.1:8080 npm run e2e     also against a running daemon that has results
//
// Without Chromium every test is skipped, and counted as such; TINYRIG_REQUIRE_BROWSER=1 makes that a failure.
await import('./prepared.test.mjs');
await import('./daemon.test.mjs');
