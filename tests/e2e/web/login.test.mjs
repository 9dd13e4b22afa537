// Logging in to a real daemon that asks for tokens (TINYRIG_URL, TINYRIG_TOKEN_FILE).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, suite, test } from 'node:test';
import { axeFindings, launch, missingBrowser, openPage, sidewaysOverflow } from './browser.mjs';

const baseUrl = process.env.TINYRIG_URL;
const token = readFileSync(process.env.TINYRIG_TOKEN_FILE, 'utf8').trim();
const check = (name, body) => test(name, { skip: missingBrowser(), timeout: 180_000 }, body);

suite('logging in', () => {
  let browser;
  before(async () => {
    browser = await launch();
  });
  after(() => browser?.close());

  check('the page is accessible, fits, and loads nothing foreign', async () => {
    for (const colorScheme of ['light', 'dark']) {
      const { page, complaints, close } = await openPage(browser, baseUrl, { colorScheme, viewport: { width: 390, height: 844 } });
      await page.goto('/login');
      assert.deepEqual(await axeFindings(page), []);
      assert.ok((await sidewaysOverflow(page)) <= 0);
      assert.deepEqual(complaints(), []);
      await close();
    }
  });

  check('from a page that asks for it to that page, live', async () => {
    const { page, complaints, close } = await openPage(browser, baseUrl);
    await page.goto('/boards');
    assert.equal(new URL(page.url()).pathname, '/login');
    await page.getByLabel('Your token').fill('tinyrig_wrong');
    await page.keyboard.press('Enter');
    await page.getByText('does not know this token').waitFor();
    complaints().length = 0; // Chromium writes refused requests to the console

    const socket = page.waitForEvent('websocket');
    await page.getByLabel('Your token').fill(token);
    await page.keyboard.press('Enter');
    await page.waitForURL('**/boards');
    await page.locator('main h1').waitFor();
    await page.getByText(/^Loading/).waitFor({ state: 'detached' });
    assert.match(await page.locator('main').innerText(), /\d boards: \d working, \d idle/);
    assert.ok((await socket).url().endsWith('/ws'), 'live events come, too');
    assert.deepEqual(complaints(), []);
    assert.equal(await page.evaluate(() => document.cookie), '', 'no script can read it');
    await close();
  });

  check('goes nowhere but to pages of this daemon', async () => {
    for (const next of ['//evil.example/', '/\\\\evil.example/', 'https://evil.example/']) {
      const { page, complaints, close } = await openPage(browser, baseUrl);
      await page.goto(`/login?next=${encodeURIComponent(next)}`);
      await page.getByLabel('Your token').fill(token);
      await page.keyboard.press('Enter');
      await page.waitForURL(`${baseUrl}/`);
      assert.deepEqual(complaints(), []);
      await close();
    }
  });
});
