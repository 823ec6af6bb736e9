import { existsSync } from 'node:fs';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Service, startService } from '../support/service.ts';
import { post, sendFleet } from './sent-fleet.ts';

const executablePath = '/usr/bin/chromium';
const hasChromium = existsSync(executablePath);
const title = `the console in a browser${hasChromium ? '' : ` (skipped: ${executablePath} is not installed)`}`;

const key = 'a-key-for-the-console-tests';
const markup = '<img src=x onerror="document.title=1">';

describe.skipIf(!hasChromium)(title, () => {
  let browser: Browser;
  let service: Service;

  beforeAll(async () => {
    [browser, service] = await Promise.all([
      chromium.launch({
        executablePath,
        args: [
          '--headless',
          '--no-sandbox',
          '--disable-gpu',
          '--disable-quic',
          '--no-first-run',
          '--disable-background-networking',
          '--disable-component-update',
          '--disable-sync',
        ],
      }),
      startService({ env: { FLEETCAST_JOBS_ENABLED: 'false' } }),
    ]);
  });

  afterAll(async () => {
    await browser?.close();
    await service?.kill();
  });

  /** A page that has shown its data once, and whatever the browser complained about. */
  async function open(
    address: string,
    options: BrowserContextOptions = {},
  ): Promise<{ page: Page; complaints: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 }, ...options });
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(address);
    await page.locator('#live[data-state="live"]').waitFor();
    return { page, complaints };
  }

  test('an empty service shows how to send the first heartbeat, and the command works as it stands', async () => {
    const { page, complaints } = await open(`${service.url}/`);
    const command = (await page.locator('.first-run pre').first().textContent()) ?? '';
    expect(command).toContain(`curl ${service.url}/v1/heartbeats`);
    const body = /-d '(.*)'/.exec(command)?.[1];
    const answer = await fetch(`${service.url}/v1/heartbeats`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: body!,
    });
    expect(answer.status).toBe(200);
    await page.reload();
    await page.getByRole('heading', { name: 'Agents' }).waitFor();
    expect(await page.locator('.fleet-row').textContent()).toMatch(/testing[\s\S]*1 of 1 up/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('agents and a series that were sent are shown in every view, without a complaint of the browser', async () => {
    const seriesId = await sendFleet(service.url);
    const places: readonly (readonly [hash: string, text: RegExp])[] = [
      ['#/', /build-1|1 down/],
      ['#/agents', /build-1/],
      ['#/agents?type=build&state=down', /build-2/],
      ['#/agents/build-1', /memory_used_bytes/],
      ['#/series', /memory_used_bytes/],
      [`#/series/${seriesId}?range=24h`, /Last value\s*2\.\d+\sGB/],
      ['#/slos', /Fleet availability/],
      ['#/slos/fleet-availability', /Objective/],
      ['#/incidents', /None/],
      ['#/anomalies', /None/],
      ['#/capacity', /Choose a metric and a limit/],
      ['#/jobs', /forecast/],
      ['#/intake', /of the budget is used/],
      ['#/intake/quarantine', /Every record was taken as it came/],
      ['#/access', /Keys of this tenant/],
      ['#/access/audit', /Changes, newest first/],
      ['#/access/tenants', /New tenant/],
      ['#/access/nowhere', /There is no such page/],
      ['#/nowhere', /There is no such page/],
    ];
    for (const [hash, text] of places) {
      const { page, complaints } = await open(`${service.url}/${hash}`);
      expect(await page.locator('main').textContent(), hash).toMatch(text);
      expect(complaints, hash).toEqual([]);
      await page.close();
    }
  });

  test('an admin makes a key, sees it once, rotates and revokes it, and finds that in the audit log', async () => {
    const { page, complaints } = await open(`${service.url}/#/access`);
    await page.getByLabel('Name').fill('grafana');
    await page.getByLabel('read', { exact: true }).check();
    await page.getByRole('button', { name: 'Make the key' }).click();
    const shown = (await page.locator('.new-key').textContent()) ?? '';
    expect(shown).toMatch(/^fc_[\w-]{32}$/);
    await page.getByRole('button', { name: 'I have put it away' }).click();
    await page.locator('.new-key').waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Rotate' }).click();
    await page.getByText('ending').waitFor();
    expect(await page.locator('.new-key').textContent()).not.toBe(shown);
    page.on('dialog', (dialog) => void dialog.accept());
    await page.getByRole('button', { name: 'Revoke' }).last().click();
    await page.getByText('revoked').first().waitFor();
    await page.getByRole('link', { name: 'Audit log' }).click();
    await page.getByText('key.revoked').waitFor();
    expect(await page.locator('main').textContent()).toMatch(/key\.revoked[\s\S]*key\.rotated[\s\S]*key\.created/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('an operator makes a tenant and its first key, and a name that is taken is said beside the form', async () => {
    const { page, complaints } = await open(`${service.url}/#/access/tenants`);
    const make = async () => {
      await page.getByLabel('Id').fill('acme');
      await page.getByLabel('Name').fill('Acme');
      await page.getByRole('button', { name: 'Make the tenant' }).click();
    };
    await make();
    await page.getByRole('group', { name: 'Keys of Acme' }).getByRole('button').click();
    expect(await page.locator('.new-key').textContent()).toMatch(/^fc_[\w-]{32}$/);
    expect(complaints).toEqual([]);
    await make();
    await page.getByText('there is a tenant acme already').waitFor();
    await page.close();
  });

  test('an operator sees why a record was refused, and sends it again', async () => {
    const old = { metric: 'forgotten', value: 1, time: '2015-06-01T00:00:00Z' };
    const headers = { 'content-type': 'application/json' };
    await fetch(`${service.url}/v1/samples`, { method: 'POST', headers, body: JSON.stringify(old) });
    const { page, complaints } = await open(`${service.url}/#/intake/quarantine?reason=late`);
    await page.getByText(/2015-06-01.* is out of bounds/).waitFor();
    await page.getByRole('group', { name: 'Send late samples again' }).getByRole('button').click();
    await page.getByText('1 record taken').waitFor();
    await page.getByText('sent again', { exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('a planner asks by a form when a metric reaches a limit, and can send the answer as a link', async () => {
    const now = Math.floor(Date.now() / 3_600_000) * 3_600_000;
    const samples = Array.from({ length: 20 * 24 }, (_, h) => ({
      ...{ metric: 'disk_used_ratio', agent: 'filling', time: now - (h + 1) * 3_600_000, value: 0.8 - h / 2400 },
    }));
    await post(service.url, '/v1/samples', samples);
    const { page, complaints } = await open(`${service.url}/#/capacity`);
    await page.getByLabel('Metric').selectOption('disk_used_ratio');
    await page.getByLabel('Limit').fill('0.9');
    await page.getByRole('button', { name: 'Ask' }).click();
    const row = page.getByRole('row', { name: /filling/ });
    await row.waitFor();
    // A hundredth a day, a tenth to go.
    expect(await row.textContent()).toMatch(/(9|10|11)\sd[\s\S]*limit 90/);
    expect(await row.locator('svg .middle').count()).toBe(1);
    expect(page.url()).toContain('#/capacity?metric=disk_used_ratio&limit=0.9');
    await page.getByRole('link', { name: 'falls below' }).click();
    await row.getByText('passed').waitFor();
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('an incident tells who is suspected, and is acknowledged by a button', async () => {
    await sendFleet(service.url);
    const to = Math.floor(Date.now() / 60_000) * 60_000;
    for (const job of ['liveness', 'incidents']) {
      const run = await post(service.url, `/v1/jobs/${job}/runs`, { from: to - 86_400_000, to });
      const { id } = (await run.json()) as { id: string };
      const runs = `${service.url}/v1/jobs/${job}/runs/${id}`;
      await eventually(async () => ((await (await fetch(runs)).json()) as { status: string }).status === 'succeeded', {
        what: `the run of ${job}`,
      });
    }
    const { page, complaints } = await open(`${service.url}/#/incidents`);
    await page.getByRole('link', { name: 'build-2 silent' }).click();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.locator('.heading .state', { hasText: 'acknowledged' }).waitFor();
    expect(await page.locator('.suspects').textContent()).toMatch(/build-2.*sends no heartbeats/);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('the chart of a series is drawn, is read with the keys and is not drawn anew by a refresh', async () => {
    const seriesId = await sendFleet(service.url);
    const { page, complaints } = await open(`${service.url}/#/series/${seriesId}?range=24h`);
    const canvas = page.locator('.chart-canvas canvas');
    await canvas.waitFor();
    await canvas.evaluate((element) => element.setAttribute('data-seen', ''));
    await page.locator('.chart-canvas').press('ArrowLeft');
    await page.locator('.readout-entry b').first().waitFor();
    expect(await page.locator('.readout-entry').first().textContent()).toMatch(/Observed\s*2\.\d+\sGB/);
    const answered = page.waitForResponse((response) => response.url().includes('/points'));
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await answered;
    await page.getByRole('link', { name: '6 h' }).click();
    await page.locator('.choices a[aria-current]', { hasText: '6 h' }).waitFor();
    expect(await page.locator('canvas[data-seen]').count()).toBe(1);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('who uses the keyboard skips the links of the top, reaches what follows and stays on the page', async () => {
    await sendFleet(service.url);
    const { page } = await open(`${service.url}/#/agents?type=build`, { reducedMotion: 'reduce' });
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Filter agents');
    expect(page.url()).toContain('#/agents?type=build');
    await page.getByRole('link', { name: 'build-1' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'build-1' }).waitFor();
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('H1');
    await page.close();
  });

  test('times are those of the zone of the reader, which is named', async () => {
    const { page } = await open(`${service.url}/#/jobs`, { timezoneId: 'Asia/Kolkata' });
    expect(await page.locator('#live').textContent()).toMatch(/as of \d\d:\d\d:\d\d GMT\+5:30/);
    await page.close();
  });

  test('a name that looks like markup is shown as text', async () => {
    await post(service.url, '/v1/heartbeats', { agent: markup, type: 'strange' });
    const { page, complaints } = await open(`${service.url}/#/agents?type=strange`);
    await page.getByRole('link', { name: markup }).click();
    await page.getByRole('heading', { name: markup }).waitFor();
    expect(await page.locator('main img').count()).toBe(0);
    expect(await page.title()).toBe(`${markup} \u00b7 Fleetcast`);
    expect(complaints).toEqual([]);
    await page.close();
  });

  test('words in the filter narrow the agents and stay in the address; a heading sorts them', async () => {
    await sendFleet(service.url);
    const { page } = await open(`${service.url}/#/agents?type=build`);
    const names = () => page.locator('tbody tr td:nth-child(2)').allInnerTexts();
    expect(await names()).toEqual(['build-2', 'build-1']);
    await page.getByRole('link', { name: 'Agent', exact: true }).click();
    await page.locator('th[aria-sort="ascending"]', { hasText: 'Agent' }).waitFor();
    expect(await names()).toEqual(['build-1', 'build-2']);
    await page.getByLabel('Filter agents').fill('2.0.0 build');
    expect(await names()).toEqual(['build-2']);
    expect(page.url()).toContain('q=2.0.0+build');
    await page.close();
  });

  test('the documentation of the API is dark where the reader wants it so, and follows a change', async () => {
    const page = await browser.newPage({ colorScheme: 'dark' });
    await page.goto(`${service.url}/docs`);
    await page.locator('html.dark-mode .swagger-ui .opblock').first().waitFor();
    await page.emulateMedia({ colorScheme: 'light' });
    await page.locator('html:not(.dark-mode)').waitFor();
    await page.close();
  });

  test('a problem is told where the data would be, with its detail', async () => {
    const page = await browser.newPage();
    await page.goto(`${service.url}/#/series/1`);
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('alert').textContent()).toContain('no series 1');
    await page.close();
  });

  test.each([390, 1440])('nothing is wider than a screen of %s pixels', async (width) => {
    await sendFleet(service.url);
    for (const hash of [
      '#/',
      '#/agents',
      '#/agents/build-1',
      '#/series',
      '#/slos',
      '#/slos/fleet-availability',
      '#/jobs',
    ]) {
      const { page } = await open(`${service.url}/${hash}`, { viewport: { width, height: 844 } });
      expect(
        await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
        hash,
      ).toBe(0);
      await page.close();
    }
  });

  test.each([390, 768, 1000, 1280])('the link of the page that is shown is in sight at %s pixels', async (width) => {
    const { page } = await open(`${service.url}/#/access`, { viewport: { width, height: 844 } });
    const link = await page.getByRole('link', { name: 'Access' }).boundingBox();
    const room = await page.getByRole('navigation').boundingBox();
    expect(link!.x).toBeGreaterThanOrEqual(room!.x - 1);
    expect(link!.x + link!.width).toBeLessThanOrEqual(room!.x + room!.width + 1);
    await page.close();
  });

  test('where a key is required it is asked for, refused when wrong, and kept in this tab only', async () => {
    const locked = await startService({
      env: { FLEETCAST_AUTH: 'required', FLEETCAST_BOOTSTRAP_KEY: key, FLEETCAST_JOBS_ENABLED: 'false' },
    });
    try {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`${locked.url}/#/agents`);
      await page.getByLabel('API key').fill('wrong');
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByText('the API key is not known').waitFor();
      await page.getByLabel('API key').fill(key);
      await page.getByRole('button', { name: 'Open' }).click();
      await page.getByText('No agent has sent a heartbeat yet').waitFor();
      expect(await page.evaluate(() => [localStorage.length, document.cookie])).toEqual([0, '']);
      await page.getByRole('button', { name: 'Forget key' }).click();
      await page.getByLabel('API key').waitFor();
      await context.close();
    } finally {
      await locked.kill();
    }
  });
});
