// Holds dist/ to its budgets and to what the daemon's Content-Security-Policy allows. Prints what it measured.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const FIRST_VIEW_JS_BYTES = 15_000;
const ALL_JS_BYTES = 60_000;

const dist = join(dirname(dirname(fileURLToPath(import.meta.url))), 'dist');
if (!existsSync(join(dist, 'index.html'))) {
  console.error('check_size: web/dist is missing; run "npm run build" first.');
  process.exit(2);
}
const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && !entry.name.endsWith('.gz'))
  .map((entry) => join(entry.parentPath, entry.name));
const compressed = (file) => gzipSync(readFileSync(file), { level: 9 }).length;
const isScript = (file) => file.endsWith('.js');

const html = readFileSync(join(dist, 'index.html'), 'utf8');
const atFirst = files.filter((file) => isScript(file) && html.includes(relative(dist, file)));
const sum = (list) => list.reduce((total, file) => total + compressed(file), 0);

const problems = [];
const budget = (what, bytes, limit) => {
  console.log(`check_size: ${what}: ${bytes} B gzip, limit ${limit} B`);
  if (bytes > limit) problems.push(`${what} is over its limit by ${bytes - limit} B`);
};
budget('JavaScript at first view', sum(atFirst), FIRST_VIEW_JS_BYTES);
budget('JavaScript in all', sum(files.filter(isScript)), ALL_JS_BYTES);
console.log(`check_size: CSS: ${sum(files.filter((file) => file.endsWith('.css')))} B gzip`);

if (atFirst.length === 0) problems.push('index.html loads no script');
if (/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=/.test(html)) problems.push('index.html has an inline script or style');
for (const file of files) {
  const text = readFileSync(file, 'utf8');
  const foreign = text.match(/(?:src|href|url|import|fetch)\s*[=(]\s*["'`]?(?:https?:)?\/\/[a-z][^"'`\s)]*/gi) ?? [];
  if (foreign.length > 0) problems.push(`${relative(dist, file)} loads from another origin: ${foreign.join(', ')}`);
  if (/\.css$/.test(file) && /url\(\s*["']?data:/.test(text)) problems.push(`${relative(dist, file)} has a data: URL`);
}
for (const problem of problems) console.error(`check_size: ${problem}`);
process.exit(problems.length === 0 ? 0 : 1);
