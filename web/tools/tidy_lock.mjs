// Holds package-lock.json to two rules (or makes it so, with --write):
// 1. No "resolved" address: the lock file names no registry.
// 2. No "engines" on optional packages: npm leaves out an optional package whose engines do not fit the Node that
//    runs npm, silently. Vite's native parts are such packages and ask for Node 20; npm on Debian 12 runs on 18,
//    the tools do not (tools/with_node.mjs).
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const file = join(dirname(dirname(fileURLToPath(import.meta.url))), 'package-lock.json');
const before = readFileSync(file, 'utf8');
const lock = JSON.parse(before);
for (const entry of Object.values(lock.packages)) {
  delete entry.resolved;
  if (entry.optional) delete entry.engines;
}
const after = JSON.stringify(lock, null, 2) + '\n';
if (process.argv.includes('--write')) {
  writeFileSync(file, after);
} else if (after !== before) {
  console.error('tidy_lock: package-lock.json has addresses or engines in it; run "npm run lock".');
  process.exit(1);
}
