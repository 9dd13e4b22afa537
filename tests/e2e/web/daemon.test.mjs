// The dashboard against a real daemon that has at least one finished run with a profile (TINYRIG_URL).
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { checkPage, launch, missingBrowser, openPage, visit } from './browser.mjs';

const baseUrl = process.env.TINYRIG_URL;
const RUN_LIMIT_MS = 180_000;

async function call(method, request = {}) {
  const response = await fetch(`${baseUrl}/tinyrig.v1.${method}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(request),
  });
  const answer = await response.json();
  assert.ok(response.ok, `${method}: ${JSON.stringify(answer)}`);
  return answer;
}

/** As the page writes a whole number. */
const grouped = (value) => String(value).replace(/\B(?=(\d{3})+$)/g, '\u202f');

const skip = missingBrowser() || (!baseUrl && 'TINYRIG_URL is not set');
const check = (name, body) => test(name, { skip, timeout: RUN_LIMIT_MS }, body);

suite('dashboard, real daemon', () => {
  let browser;
  let entry;
  let run;
  before(async () => {
    if (skip) return;
    browser = await launch();
    const { groups = [] } = await call('LeaderboardService/QueryLeaderboard');
    entry = groups[0]?.entries?.[0];
    assert.ok(entry, 'the daemon has no result; run a job first');
    ({ run } = await call('RunService/GetRun', { runId: entry.runId }));
  });
  after(() => browser?.close());

  check('serves the page with a policy that allows nothing foreign and nothing inline', async () => {
    const response = await fetch(baseUrl);
    const policy = response.headers.get('content-security-policy') ?? '';
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    assert.match(response.headers.get('content-type'), /^text\/html/);
    const script = (await response.text()).match(/src="(\/assets\/[^"]+\.js)"/)[1];
    const compressed = await fetch(new URL(script, baseUrl), { headers: { 'Accept-Encoding': 'gzip' } });
    assert.equal(compressed.headers.get('content-encoding'), 'gzip', 'scripts travel compressed');
    assert.match((await fetch(`${baseUrl}/runs/anything`)).headers.get('content-type'), /^text\/html/, 'a page is a URL');
  });

  check('every page is quiet, accessible and fits', async () => {
    for (const path of ['/', '/boards', '/jobs', `/jobs/${run.jobId}`, `/runs/${entry.runId}`]) await checkPage(browser, baseUrl, path);
  });

  check('the leaderboard shows what the API answers, group by group', async () => {
    const view = await openPage(browser, baseUrl);
    await visit(view.page, '/');
    const { groups } = await call('LeaderboardService/QueryLeaderboard', { pageSize: 100 });
    assert.equal(await view.page.locator('section.group').count(), groups.length);
    for (const [i, group] of groups.entries()) {
      const section = view.page.locator('section.group').nth(i);
      assert.equal(await section.locator('tbody tr').count(), group.entries.length);
      assert.equal((await section.locator('h2 .badge').first().innerText()) === 'emulated', group.emulated ?? false);
      assert.match(await section.locator('tbody tr').first().innerText(), new RegExp(group.entries[0].boardType));
    }
    await view.close();
  });

  check('a click leads to the run, with its profile operator by operator', async () => {
    const view = await openPage(browser, baseUrl);
    await visit(view.page, '/');
    await view.page.locator('tbody th a').first().click();
    await view.page.getByRole('heading', { name: 'Profile by operator' }).waitFor();
    const { operators, sumTicks } = run.result.profile;
    const rows = view.page.locator('table.profile tbody tr');
    assert.equal(await rows.count(), operators.length);
    assert.deepEqual(await rows.locator('th').evaluateAll((cells) => cells.map((cell) => cell.firstChild.textContent)), operators.map((operator) => operator.kind));
    if (Number.isInteger(sumTicks)) assert.ok((await view.page.locator('.agreement').innerText()).includes(grouped(sumTicks)));
    assert.ok((await view.page.locator('.headline').first().innerText()).includes(`n = ${run.result.latency.count} in ${run.result.latency.sessions} session`));
    await view.close();
  });

  check('the profile can be saved: a CSV row and a slice of the trace for every operator', async () => {
    const view = await openPage(browser, baseUrl);
    await visit(view.page, `/runs/${entry.runId}`);
    const saved = async (button) => {
      const [download] = await Promise.all([view.page.waitForEvent('download'), view.page.getByRole('button', { name: button }).click()]);
      const chunks = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk);
      return Buffer.concat(chunks).toString();
    };
    const { operators } = run.result.profile;
    const rows = (await saved('Save profile as CSV')).trim().split('\r\n');
    assert.equal(rows.length, 1 + operators.length);
    assert.ok(rows[1].startsWith(`${entry.runId},`));
    const { traceEvents, otherData } = JSON.parse(await saved('Save trace for Perfetto'));
    const slices = traceEvents.filter((event) => event.ph === 'X' && event.tid === 1);
    assert.deepEqual(slices.map((slice) => slice.args.ticks), operators.map((operator) => operator.ticks));
    assert.equal(otherData.emulated, true);
    await view.close();
  });

  check('the board list is the farm', async () => {
    const view = await openPage(browser, baseUrl);
    await visit(view.page, '/boards');
    const { boards } = await call('BoardService/ListBoards');
    assert.deepEqual(await view.page.locator('tbody th').evaluateAll((cells) => cells.map((cell) => cell.firstChild.textContent)), boards.map((board) => board.id));
    await view.close();
  });

  check('a job is followed live to its end', async () => {
    const spec = { models: [entry.modelName], boards: [entry.boardType], settings: { sessions: 1, iterations: 1 } };
    const { job } = await call('JobService/SubmitJob', { spec, idempotencyKey: `e2e-${process.pid}-${Date.now()}` });
    const view = await openPage(browser, baseUrl);
    await visit(view.page, `/jobs/${job.jobId}`);
    await view.page.locator('.lead').getByText('succeeded').waitFor({ timeout: RUN_LIMIT_MS });
    assert.match(await view.page.locator('.lead').innerText(), /1 of 1 runs finished/);
    assert.deepEqual(view.complaints(), []);
    await view.close();
  });

  check('an unknown run is an error that says so', async () => {
    const view = await openPage(browser, baseUrl);
    await view.page.goto('/runs/no-such-run');
    await view.page.locator('main [role=alert]').waitFor();
    assert.doesNotMatch(await view.page.locator('main [role=alert]').innerText(), /http_|undefined/);
    await view.close();
  });
});
