// Pictures for the README from a running daemon that has results.
//
//   cd web && TINYRIG_URL=http://127.0.0.1:8080 npm run screenshots
//
// Writes docs/images/dashboard.png (leaderboard) and docs/images/run.png (the first run of it, with its profile).
import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch, openPage, visit } from './browser.mjs';

const baseUrl = process.env.TINYRIG_URL;
if (!baseUrl) {
  console.error('screenshots: set TINYRIG_URL to the address of a daemon with results, e.g. http://127.0.0.1:8080');
  process.exit(2);
}
const images = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'docs', 'images');
mkdirSync(images, { recursive: true });

const browser = await launch();
const { page, close } = await openPage(browser, baseUrl, { viewport: { width: 1280, height: 860 }, colorScheme: 'light' });
await visit(page, '/');
await page.getByText('● live').waitFor();
await page.screenshot({ path: join(images, 'dashboard.png') });
await page.locator('tbody th a').first().click();
await page.getByRole('heading', { name: 'Profile by operator' }).waitFor();
await page.screenshot({ path: join(images, 'run.png'), clip: { x: 0, y: 0, width: 1280, height: 1500 }, fullPage: true });
await close();
await browser.close();
console.log(`screenshots: ${images}/dashboard.png, run.png`);
