// A real Chromium for the dashboard's tests, and what every page must keep to: nothing from another origin, nothing
// against the Content-Security-Policy, nothing on the console, no serious finding of axe.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const EXECUTABLE = process.env.TINYRIG_CHROMIUM ?? '/usr/bin/chromium';
const ARGUMENTS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why the tests cannot run here; false when they can. TINYRIG_REQUIRE_BROWSER turns the skip into a failure. */
export function missingBrowser() {
  if (existsSync(EXECUTABLE)) return false;
  const reason = `${EXECUTABLE} is not installed (Debian: chromium)`;
  if (process.env.TINYRIG_REQUIRE_BROWSER) throw new Error(reason);
  return reason;
}

export const launch = () => chromium.launch({ executablePath: EXECUTABLE, args: ARGUMENTS });

/** Opens a page that writes down what it must not do; `complaints()` has it. */
export async function openPage(browser, baseUrl, options = {}) {
  const context = await browser.newContext({ baseURL: baseUrl, viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const found = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) found.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => found.push(`exception: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (url.protocol !== 'blob:' && url.origin !== new URL(baseUrl).origin) found.push(`foreign request: ${url.href}`);
  });
  return { page, complaints: () => found, close: () => context.close() };
}

/** Goes to a page and waits until it shows its data. */
export async function visit(page, path) {
  await page.goto(path);
  await page.locator('main h1').waitFor();
  await page.getByText(/^Loading/).waitFor({ state: 'detached' });
}

/** axe's serious and critical findings, as text. */
export async function axeFindings(page) {
  await page.evaluate(axeSource);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations
    .filter((violation) => ['serious', 'critical'].includes(violation.impact))
    .map((violation) => `${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.html).slice(0, 3).join(' | ')}`);
}

/** How far the page is wider than the window; tables scroll by themselves. */
export const sidewaysOverflow = (page) => page.evaluate(() => document.documentElement.scrollWidth - globalThis.innerWidth);

/** The whole page at both widths and in both colours. */
export async function checkPage(browser, baseUrl, path) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const where = `${path} at ${width} px, ${colorScheme}`;
      const { page, complaints, close } = await openPage(browser, baseUrl, { colorScheme, viewport: { width, height: 844 } });
      await visit(page, path);
      assert.deepEqual(await axeFindings(page), [], where);
      assert.ok((await sidewaysOverflow(page)) <= 0, `${where} is wider than the window`);
      assert.deepEqual(complaints(), [], where);
      assert.equal(await page.locator('h1').count(), 1, where);
      await close();
    }
  }
}
