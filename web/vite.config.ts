// Builds dist/: hashed assets under /assets, one chunk per page, nothing inline (the daemon's CSP allows none).
import { defineConfig } from 'vitest/config';

const daemon = process.env.TINYRIG_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  build: {
    target: ['chrome123', 'firefox121', 'safari17.5'],
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
  },
  server: {
    proxy: {
      '^/tinyrig\\.v1\\..*': { target: daemon, changeOrigin: true },
      '/ws': { target: daemon, ws: true, changeOrigin: true },
    },
  },
  test: { include: ['test/**/*.test.ts'], environment: 'node' },
});
