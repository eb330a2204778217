import type { Page } from 'playwright-core';
import { OrderHandler } from '../support/playground-app.js';
import { STATUS_PAGE_HANDLERS } from '../support/status-page-app.js';
import { useStatusPages } from './status-pages.js';

/** What assistive technology is told of an element. */
interface Heard {
  readonly role: string;
  readonly name: string;
  readonly live: string;
  /** The texts within, in their order. */
  readonly text: string;
}

/** Chromium's accessibility tree, as screen readers get it: what is hidden is not in it. */
async function heardOn(page: Page): Promise<readonly Heard[]> {
  const client = await page.context().newCDPSession(page);
  const { nodes } = await client.send('Accessibility.getFullAXTree');
  await client.detach();
  const byId = new Map(nodes.map((node) => [node.nodeId, node]));
  const textOf = (id: string): string => {
    const node = byId.get(id);
    if (node?.role?.value === 'StaticText') return String(node.name?.value ?? '');
    return (node?.childIds ?? []).map(textOf).join(' ').replace(/\s+/g, ' ').trim();
  };
  return nodes
    .filter(({ ignored }) => !ignored)
    .map(({ nodeId, role, name, properties = [] }) => ({
      role: String(role?.value),
      name: String(name?.value ?? '').trim(),
      live: String(properties.find((property) => property.name === 'live')?.value.value ?? 'off'),
      text: textOf(nodeId),
    }));
}

const NAMED = [
  ...[
    'article',
    'region',
    'navigation',
    'search',
    'group',
    'figure',
    'table',
    'meter',
    'dialog',
    'form',
    'image',
    'log',
    'alert',
    'status',
  ],
  ...['button', 'link', 'textbox', 'searchbox', 'combobox', 'checkbox', 'spinbutton', 'columnheader', 'rowheader'],
];

describe('what a screen reader hears of the status page', () => {
  const pages = useStatusPages();

  const namesOf = (heard: readonly Heard[], role: string): string[] =>
    heard
      .filter((each) => each.role === role)
      .map(({ name }) => name)
      .sort(); // the tree is not told in the order of the page
  const nameless = (heard: readonly Heard[]): readonly Heard[] => heard.filter(({ role, name }) => NAMED.includes(role) && name === '');

  it('is the name and the kind of each chart, table, meter and control', async () => {
    const service = await pages.start();
    await service.post('/v1/greetings', { name: 'Ada' });
    await service.post('/v1/greetings', { name: 'nobody' });
    const page = await pages.open(service.url);
    await page.locator('.errors tbody tr').waitFor();
    await page.getByText('Show as a table').click();
    await page.locator('.as-table tbody th').first().waitFor();
    const heard = await heardOn(page);
    expect(nameless(heard)).toEqual([]);
    const charts = ['CPU', 'Event-loop delay', 'Memory'];
    expect(namesOf(heard, 'figure')).toEqual(charts);
    expect(namesOf(heard, 'image')).toEqual(
      charts.map((chart) => expect.stringMatching(new RegExp(`^Curve of ${chart}, from [\\d.]+ \\S+ to [\\d.]+ \\S+$`)) as string),
    );
    const latencies = STATUS_PAGE_HANDLERS.map(() => expect.stringMatching(/^Latencies of POST \/v1\//) as string);
    expect(namesOf(heard, 'table')).toEqual([...latencies, 'Load of the last 15 minutes', 'The last errors']);
    expect(namesOf(heard, 'meter')).toEqual(['In flight', 'Waiting'].flatMap((name) => STATUS_PAGE_HANDLERS.map(() => name)));
  });

  it('is each change of state, by regions that are read out when they change', async () => {
    const service = await pages.start();
    const page = await pages.open(service.url);
    const regions = async (): Promise<Record<string, string>> => {
      const live = (await heardOn(page)).filter(
        ({ role, live: politeness }) => ['status', 'alert', 'log'].includes(role) && politeness !== 'off',
      );
      return Object.fromEntries(live.map(({ role, name, text }) => [`${role} ${name}`, text]));
    };
    expect(await regions()).toMatchObject({ 'status Health': 'healthy', 'status Connection': 'Live', 'log Alerts': '' });
    for (let round = 0; round < 2; round++) await service.post('/v1/broken', {});
    await page.locator('.alert').waitFor();
    await page.locator('#overall', { hasText: 'degraded' }).waitFor();
    expect(await regions()).toMatchObject({
      'status Health': 'degraded',
      'log Alerts': expect.stringContaining('firing L3 x2 in 60 s L3, BrokenHandler, 2 errors') as string,
    });
    await page.getByRole('button', { name: 'Reset the breaker of /v1/broken' }).press('Enter');
    await page.locator('.breaker .pill', { hasText: 'closed' }).waitFor();
    await page.getByRole('status', { name: 'Reset of /v1/broken' }).filter({ hasText: 'the breaker' }).waitFor();
    expect(await regions()).toMatchObject({ 'status Reset of /v1/broken': 'Reset: the breaker of /v1/broken' });
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('closed'); // where the button was
  });

  it('is the way of a request through its stages, in words', async () => {
    const service = await pages.start();
    await service.post('/v1/greetings', { name: 'nobody' });
    const page = await pages.open(service.url);
    await page.getByRole('button', { name: /^Request / }).click();
    await page.getByRole('dialog').getByRole('table').waitFor();
    const heard = await heardOn(page);
    expect(nameless(heard)).toEqual([]);
    expect(namesOf(heard, 'dialog')).toEqual([expect.stringMatching(/^Request \d+$/)]);
    expect(namesOf(heard, 'table')).toEqual(['Where the time went']);
    const rows = heard.filter(({ role }) => role === 'row').map(({ text }) => text);
    expect(rows).toEqual(expect.arrayContaining([expect.stringMatching(/^run after [\d.]+ [mµ]s [\d.]+ [mµ]s$/)]));
  });

  it('is what each field of the playground wants, and what came of a call', async () => {
    const service = await pages.start({ providers: [OrderHandler] });
    const page = await pages.open(service.url, { hash: '#playground', expected: /status of 400/ });
    await page.getByRole('button', { name: 'Add to items' }).click();
    const heard = await heardOn(page);
    expect(nameless(heard)).toEqual([]);
    expect(namesOf(heard, 'group')).toEqual(expect.arrayContaining(['to required', 'items required', 'items 1', 'items 2', 'tags']));
    await page.getByRole('button', { name: 'Send' }).press('Enter');
    await page.locator('.reply-head', { hasText: '400' }).waitFor();
    const state = (await heardOn(page)).find(({ name }) => name === 'State of the reply');
    expect(state).toMatchObject({ role: 'status', live: 'polite', text: expect.stringMatching(/^400 · log id/) as string });
  });
});
