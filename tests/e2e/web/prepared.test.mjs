// The dashboard against prepared answers: what needs a daemon that fails, restarts or lies on demand.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, afterEach, before, beforeEach, suite, test } from 'node:test';
import { startServer } from '../../../web/test/server.mjs';
import { axeFindings, checkPage, launch, missingBrowser, openPage, visit } from './browser.mjs';

const NOT_FOUND = { status: 404, code: 'not_found', message: 'there is no run "x"', details: [{ type: 'tinyrig.v1.ErrorDetail', value: '', debug: { reason: 'RUN_UNKNOWN', message: 'There is no run "x".', hint: 'List them with: tinyrig jobs.' } }] };

const skip = missingBrowser();
const check = (name, body) => test(name, { skip }, body);

suite('dashboard, prepared answers', () => {
  let browser;
  let server;
  let view;
  before(async () => (browser = skip ? undefined : await launch()));
  after(() => browser?.close());
  beforeEach(async () => {
    if (skip) return;
    server = await startServer();
    view = await openPage(browser, server.url);
  });
  afterEach(async () => {
    if (skip) return;
    await view.close();
    await server.stop();
  });

  for (const path of ['/', '/boards', '/jobs', '/jobs/j-0001', '/runs/r-netduinoplus2', '/nowhere']) {
    check(`${path}: quiet, accessible, fits, light and dark`, () => checkPage(browser, server.url, path));
  }

  check('emulated boards, silicon and host processes stand in different tables', async () => {
    await visit(view.page, '/');
    assert.equal(await view.page.locator('table').count(), 3);
    assert.match(await view.page.locator('section.group').first().innerText(), /emulated/);
    const host = view.page.locator('section.group').nth(1);
    assert.match(await host.innerText(), /host clock/);
    assert.equal(await host.locator('tbody tr').count(), 1);
    assert.equal(await host.getByText('emulated').count(), 0);
  });

  check('ties share a rank; an unknown interval and missing memory say "unknown"', async () => {
    await visit(view.page, '/');
    const rows = view.page.locator('table').first().locator('tbody tr');
    assert.deepEqual(await rows.locator('.rank').allInnerTexts(), ['1', '2=', '2=', '2=', '5']);
    assert.match(await rows.filter({ hasText: 'mps2-an505' }).innerText(), /unknown[\s\S]*n = 10 in 1 session[\s\S]*not verified/);
    assert.equal(await rows.filter({ hasText: 'riscv32-virt' }).getByText('unknown').count(), 2);
  });

  check('columns sort by keyboard, and the order is in the URL', async () => {
    const { page } = view;
    await visit(page, '/');
    const head = page.locator('table').first().locator('th', { hasText: 'Median' });
    await head.locator('button').focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Enter');
    assert.equal(await head.getAttribute('aria-sort'), 'descending');
    assert.match(page.url(), /\?sort=-latency$/);
    assert.match(await page.locator('table').first().locator('tbody tr').first().innerText(), /riscv32-virt/);
    assert.ok(await head.locator('button').evaluate((button) => button === document.activeElement), 'focus stays');
  });

  check('filters go to the daemon and into the URL, and can be cleared', async () => {
    const { page } = view;
    const asked = [];
    const { answers } = server;
    answers.QueryLeaderboard = (request) => {
      asked.push(request);
      return { groups: [] };
    };
    await visit(page, '/?model=kws');
    assert.match(await page.locator('main').innerText(), /No result fits these filters/);
    await page.getByLabel('Board type').selectOption('mps2-an386');
    await page.waitForURL('**/?model=kws&board=mps2-an386');
    await page.getByText('tinyrig leaderboard --model kws --board-type mps2-an386').waitFor();
    delete answers.QueryLeaderboard;
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.locator('tbody tr').first().waitFor();
    assert.deepEqual(asked.at(-1), { pageSize: 100, model: 'kws', boardType: 'mps2-an386' });
  });

  check('CSV has every row', async () => {
    await visit(view.page, '/');
    const [download] = await Promise.all([view.page.waitForEvent('download'), view.page.getByRole('button', { name: 'Save CSV' }).click()]);
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    const lines = Buffer.concat(chunks).toString().trim().split('\r\n');
    assert.equal(lines.length, 1 + 8);
    assert.match(lines[0], /^model,model_sha256,emulated,/);
  });

  check('a profile can be saved for other tools', async () => {
    const { page } = view;
    const asked = [];
    const { content } = JSON.parse(readFileSync(new URL('../../../web/test/prepared/ExportProfile.json', import.meta.url)));
    server.answers.ExportProfile = (request) => {
      asked.push(request);
      return { content };
    };
    await visit(page, '/runs/r-netduinoplus2');
    const names = [];
    for (const button of ['Save trace for Perfetto', 'Save profile as CSV']) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: button }).click()]);
      names.push(download.suggestedFilename());
      const chunks = [];
      for await (const chunk of await download.createReadStream()) chunks.push(chunk);
      assert.equal(Buffer.concat(chunks).toString(), content);
    }
    assert.deepEqual(names, ['tinyrig-profile-r-netduinoplus2.trace.json', 'tinyrig-profile-r-netduinoplus2.csv']);
    assert.deepEqual(asked, [
      { runId: 'r-netduinoplus2', format: 'PROFILE_FORMAT_CHROME_TRACE' },
      { runId: 'r-netduinoplus2', format: 'PROFILE_FORMAT_CSV' },
    ]);
  });

  check('a profile stands beside its clean inference, MACs per tick in every row, the arena with its peak marked', async () => {
    const { page } = view;
    await visit(page, '/runs/r-netduinoplus2');
    assert.match(await page.locator('.agreement').innerText(), /Sum of operators[\s\S]*end to end without instrumentation[\s\S]*Instrumentation costs/);
    const head = page.locator('table.profile th', { hasText: 'MACs per tick' });
    await head.locator('button').click();
    assert.equal(await head.getAttribute('aria-sort'), 'descending');
    assert.match(await page.locator('table.profile tbody tr').first().innerText(), /0\.147/, 'the most MACs per tick first');
    assert.equal(await page.locator('svg.arena rect.peak').count(), 1);
    assert.equal(await page.locator('table.profile .peak').count(), 1);
    assert.match(await page.locator('section', { hasText: 'Provenance' }).locator('dl.facts').innerText(), /Interrupts while measuring\s+masked, none ran/);
  });

  check('an energy stands with its interval, uncertainty and method, and every window it comes from', async () => {
    const { page } = view;
    await visit(page, '/runs/r-netduinoplus2');
    const section = page.locator('section').filter({ has: page.getByRole('heading', { name: 'Energy', exact: true }) });
    assert.match(await section.locator('.headline').innerText(), /28\.21 mJ per inference\s+≈ modelled\s+median · n = 5 windows/);
    assert.match(await section.innerText(), /never ranks with measured energy[\s\S]*28\.2046 … 28\.2063 mJ[\s\S]*± 2\.821 mJ/);
    assert.equal(await section.locator('svg.spread circle').count(), 5);
    assert.equal(await section.locator('tbody tr').count(), 5);
    const each = await section.locator('tbody td.strong').allInnerTexts();
    assert.equal(new Set(each).size, 5, `${each}: the chart's dots can be told apart`);
    assert.match(await section.locator('dl.facts').innerText(), /simulated ppk2[\s\S]*3\.3 V[\s\S]*100 kS\/s[\s\S]*none lost/);
    assert.equal(await page.getByText('tinyrig energy export r-netduinoplus2 -o FILE').count(), 1);
  });

  check('an energy that is measured says so; lost samples and a missing interval do as well', async () => {
    const prepared = JSON.parse(readFileSync(new URL('../../../web/test/prepared/GetRun.json', import.meta.url)));
    const { energy } = prepared.run.result;
    Object.assign(energy, { method: 'ENERGY_METHOD_MEASURED', lostSamples: '240', intervalUj: {}, idlePowerUw: 0 });
    energy.windows[0].boardUs = 225_268;
    server.answers.GetRun = prepared;
    await visit(view.page, '/runs/r-netduinoplus2');
    const section = view.page.locator('section').filter({ has: view.page.getByRole('heading', { name: 'Energy', exact: true }) });
    assert.match(await section.locator('.headline').innerText(), /◉ measured/);
    assert.doesNotMatch(await section.innerText(), /simulated|modelled/);
    assert.match(await section.locator('tbody tr').first().innerText(), /\+12\.0 µs/);
    assert.match(await section.locator('dl.facts').innerText(), /240 lost \(0\.1945/);
    assert.equal(await section.getByText('unknown').count(), 3, 'interval, idle power, net energy');
  });

  const RUN = '/runs/r-netduinoplus2';
  const traceOf = (page) => page.locator('section').filter({ has: page.getByRole('heading', { name: /^Energy trace/ }) });
  const shown = async (page, query) => {
    await visit(page, RUN + query);
    await page.locator('svg.trace .own .mean').first().waitFor();
    return traceOf(page);
  };
  /** What the daemon was asked for, as "first+samples/points". */
  const traceRequests = () => {
    const asked = [];
    const { GetEnergyTrace } = server.answers;
    server.answers.GetEnergyTrace = (request) => {
      asked.push(`${request.firstSample ?? 0}+${request.samples ?? 0}/${request.maxPoints}`);
      return GetEnergyTrace(request);
    };
    return asked;
  };

  check('an energy trace moves and zooms by keyboard, and every view is a URL', async () => {
    const { page } = view;
    const asked = traceRequests();
    const section = await shown(page, '');
    assert.match(await section.locator('h2').innerText(), /modelled/);
    assert.match(await section.innerText(), /Shown: 0 s to 1\.234 s, energy 293\.\d mJ[\s\S]*240 lost/);
    const plot = section.getByRole('application');
    const { width } = await section.locator('svg.trace').boundingBox();
    assert.deepEqual(asked, [`0+0/${width}`], 'one answer is enough for the whole');
    await plot.focus();
    await page.keyboard.press('+');
    await page.waitForURL('**/r-netduinoplus2?first=30850&samples=61700');
    await page.keyboard.press('ArrowLeft');
    await page.waitForURL('**?first=24680&samples=61700');
    assert.equal(asked.at(-1), `24680+61700/${width}`);
    await page.keyboard.press('Home');
    await page.waitForURL('**/r-netduinoplus2');
    await section.getByRole('button', { name: 'Zoom in' }).click();
    await page.waitForURL('**?first=30850&samples=61700');
    await page.locator('.voice').getByText(/Shown: .* mean .* at most/).waitFor();
    assert.deepEqual(view.complaints(), []);
  });

  check('cursors are sliders, and what lies between them is the daemon\'s exact sum', async () => {
    const { page } = view;
    const section = await shown(page, '');
    await section.getByRole('button', { name: 'Window 2' }).click();
    await page.waitForURL('**?first=22384&samples=28160&a=25200&b=47728');
    const facts = section.locator('dl.facts');
    await facts.getByText(/^22.528, none lost/).waitFor();
    assert.match(await facts.innerText(), /252(\.00)? ms, 477\.28 ms[\s\S]*57\.96 mJ[\s\S]*77\.97 mA[\s\S]*225\.28 ms/);
    const asked = traceRequests();
    await section.getByRole('slider', { name: 'Cursor B' }).focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await page.waitForURL(/a=25200&b=22407$/);
    assert.equal(await section.getByRole('slider', { name: 'Cursor B' }).getAttribute('aria-valuetext'), '224.07 ms');
    assert.equal(asked.at(-1), '22407+2793/1', 'in any order');
    const box = await section.getByRole('slider', { name: 'Cursor A' }).boundingBox();
    await page.mouse.move(box.x + 12, box.y + 50);
    await page.mouse.down();
    await page.mouse.move(box.x + 112, box.y + 50);
    await page.mouse.up();
    await page.waitForURL(/first=22384&samples=28160&a=27[45]\d\d&b=22407$/);
    assert.deepEqual(await axeFindings(page), []);
  });

  check('an energy trace follows the mouse: drag, wheel after a click, Shift and drag', async () => {
    const { page } = view;
    const section = await shown(page, '?first=20000&samples=40000');
    await section.locator('figcaption').scrollIntoViewIfNeeded();
    const box = await section.getByRole('application').boundingBox();
    const [x, y] = [box.x + box.width / 2, box.y + 150];
    await page.mouse.move(x, y);
    await page.mouse.wheel(0, 10);
    await page.mouse.down();
    await page.mouse.move(x - box.width / 4, y, { steps: 4 });
    await page.mouse.up();
    await page.waitForURL(/first=300\d\d&samples=40000$/);
    await page.mouse.wheel(0, -300);
    await page.waitForURL(/samples=2\d{4}$/);
    await page.keyboard.down('Shift');
    await page.mouse.down();
    await page.mouse.move(x, y, { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await page.waitForURL(/&a=\d+&b=\d+$/);
    assert.deepEqual(view.complaints(), []);
  });

  check('operators are drawn within inferences, as estimated; lost points are marked; the table has what is shown', async () => {
    const { page } = view;
    const section = await shown(page, '?first=59000&samples=3000&y=fit');
    await section.locator('figcaption').getByText('all samples of a point lost').waitFor();
    assert.match(await section.locator('figcaption').innerText(), /estimated from the profile/);
    assert.ok((await section.locator('svg.trace .operator').count()) >= 2);
    assert.equal(await section.locator('svg.trace .lost').count(), 1);
    await section.getByText('What is shown as a table').click();
    await section.locator('tbody tr').first().waitFor();
    assert.equal(await section.locator('tbody tr').count(), 100);
    assert.ok((await section.locator('tbody').getByText('lost').count()) > 0);
    const [download] = await Promise.all([page.waitForEvent('download'), section.getByRole('button', { name: 'Save what is shown as CSV' }).click()]);
    assert.equal(download.suggestedFilename(), 'tinyrig-energy-r-netduinoplus2-59000-3000.csv');
    const chunks = [];
    for await (const chunk of await download.createReadStream()) chunks.push(chunk);
    assert.equal(Buffer.concat(chunks).toString().trim().split('\r\n').length, 1 + 3_000);
  });

  check('a second run is drawn beside, first windows together, and named; one that is not there is told', async () => {
    const { page } = view;
    const section = await shown(page, '?first=22384&samples=28160&a=25200&b=47728');
    const other = JSON.parse(readFileSync(new URL('../../../web/test/prepared/GetRun.json', import.meta.url)));
    other.run.result.energy.windows[0].firstSample = '25200';
    Object.assign(other.run.summary, { runId: 'r-other', boardType: 'nucleo-f446re' });
    server.answers.GetRun = ({ runId }) => (runId === 'r-other' ? other : NOT_FOUND);
    await section.getByLabel('Run beside it').fill('r-other');
    await page.keyboard.press('Enter');
    await section.locator('svg.trace .other .mean').waitFor({ state: 'attached' });
    await page.waitForURL(/&overlay=r-other$/);
    assert.match(await section.locator('figcaption').innerText(), /run r-netduinoplus2, modelled[\s\S]*run r-other, kws on nucleo-f446re, modelled/);
    await section.locator('dl.facts dd').filter({ hasText: /mJ, mean .* mA, ▲ 240 lost/ }).waitFor();
    await section.getByLabel('Run beside it').fill('r-gone');
    await section.getByRole('button', { name: 'Draw' }).click();
    await section.getByRole('alert').getByText('There is no run "x".').waitFor();
    await section.getByRole('button', { name: 'Remove' }).click();
    await section.getByRole('alert').waitFor({ state: 'detached' });
    assert.equal(await section.locator('svg.trace .other').count(), 0);
  });

  check('without a recording the rest of the run is there', async () => {
    const { page } = view;
    server.answers.GetEnergyTrace = { status: 404, code: 'not_found', message: 'no recording', details: [{ debug: { reason: 'CAPTURE_MISSING', message: 'Run x has no recording.' } }] };
    await visit(page, RUN);
    await traceOf(page).getByRole('alert').getByText('Run x has no recording.').waitFor();
    assert.equal(await traceOf(page).getByRole('application').isVisible(), false);
    await page.getByRole('heading', { name: 'Profile by operator' }).waitFor();
    assert.deepEqual(await axeFindings(page), []);
  });

  check('no results: says what to run', async () => {
    server.answers.QueryLeaderboard = {};
    await visit(view.page, '/');
    assert.match(await view.page.locator('main').innerText(), /No results yet[\s\S]*tinyrig submit/);
  });

  check('an error says what, why and what to do', async () => {
    server.answers.GetRun = NOT_FOUND;
    await visit(view.page, '/runs/x');
    const alert = view.page.locator('main [role=alert]');
    assert.match(await alert.innerText(), /There is no run "x"\.[\s\S]*tinyrig jobs[\s\S]*RUN_UNKNOWN/);
    assert.deepEqual(await axeFindings(view.page), []);
  });

  check('an event changes its board at once, a listener is told', async () => {
    const { page } = view;
    await visit(page, '/boards');
    const row = page.locator('tbody tr').filter({ hasText: 'emu-an386-2' });
    assert.match(await row.innerText(), /idle/);
    server.emit({ sequence: '10', epoch: 'e', board: { id: 'emu-an386-2', boardType: 'mps2-an386', activity: 'ACTIVITY_OFFLINE', health: 'HEALTH_GOOD', emulated: true } });
    await row.getByText('offline').waitFor();
    await page.locator('.voice').getByText('emu-an386-2 is offline').waitFor();
  });

  check('a run shows live how far it is, and its result when it has one', async () => {
    const { page } = view;
    const running = { runId: 'r1', modelName: 'kws', boardType: 'mps2-an386', state: 'RUN_STATE_MEASURING', step: 'measuring session 1 of 3', stepProgress: 0.25 };
    server.answers.GetRun = { run: { summary: running, jobId: 'j' } };
    await visit(page, '/runs/r1');
    await page.getByText('measuring session 1 of 3').waitFor();
    server.emit({ sequence: '11', epoch: 'e', run: { ...running, step: 'measuring session 3 of 3', stepProgress: 0.9 }, jobId: 'j' });
    await page.getByText('measuring session 3 of 3').waitFor();
    delete server.answers.GetRun;
    server.emit({ sequence: '12', epoch: 'e', run: { ...running, state: 'RUN_STATE_FINISHED', outcome: 'OUTCOME_SUCCEEDED' }, jobId: 'j' });
    await page.getByRole('heading', { name: 'Profile by operator' }).waitFor();
  });

  check('a daemon that goes is shown; the page resumes after its last event and reads anew after a resync', async () => {
    const { page } = view;
    await visit(page, '/boards');
    await page.getByText('● live').waitFor();
    server.emit({ sequence: '20', epoch: 'e 1', log: { text: 'x' } });
    server.emit({ sequence: '21', epoch: 'e 1', board: { id: 'emu-new-1', activity: 'ACTIVITY_IDLE' } });
    await page.locator('tbody').getByText('emu-new-1').waitFor();
    const { port } = server;
    await server.stop();
    await page.getByText('No connection to the daemon').waitFor();
    assert.deepEqual(await axeFindings(page), []);
    server = await startServer(port);
    await page.getByText('● live').waitFor();
    assert.deepEqual(server.upgrades, ['/ws?after=21&epoch=e+1']);
    assert.equal(await page.getByText('No connection to the daemon').count(), 0);
    server.answers.ListBoards = { boards: [{ id: 'emu-after-resync', activity: 'ACTIVITY_IDLE' }] };
    server.emit({ sequence: '30', epoch: 'e 1', resync: {} });
    await page.locator('tbody').getByText('emu-after-resync').waitFor();
    assert.equal(await page.locator('tbody').getByText('emu-new-1').count(), 0);
  });

  check('names from outside are text, never markup', async () => {
    const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script>';
    server.answers.ListBoards = { boards: [{ id: evil, healthReason: evil, activity: 'ACTIVITY_IDLE', agent: { runtimes: [{ name: evil }], unitId: evil } }] };
    await visit(view.page, '/boards');
    assert.match(await view.page.locator('tbody th').innerText(), /<img src=x/);
    assert.equal(await view.page.locator('main img, main script').count(), 0);
    assert.equal(await view.page.title(), 'Boards · TinyRig');
    assert.deepEqual(view.complaints(), []);
  });

  check('a change of page keeps the document, moves the focus and the title', async () => {
    const { page } = view;
    await visit(page, '/');
    await page.evaluate(() => (globalThis.sameDocument = true));
    await page.getByRole('link', { name: 'Boards' }).click();
    await page.getByRole('heading', { name: 'Boards', level: 1 }).waitFor();
    assert.equal(await page.evaluate(() => globalThis.sameDocument), true);
    assert.equal(await page.title(), 'Boards · TinyRig');
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    await page.goBack();
    await page.getByRole('heading', { name: 'Leaderboard' }).waitFor();
  });

  check('the chosen colours are kept', async () => {
    const { page } = view;
    await visit(page, '/');
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = await background();
    await page.getByRole('button', { name: /^Colours/ }).click();
    await page.getByRole('button', { name: /^Colours/ }).click();
    assert.notEqual(await background(), light);
    await page.reload();
    await page.locator('h1').waitFor();
    assert.notEqual(await background(), light);
  });
});
