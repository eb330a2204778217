import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { type INestApplication, VersioningType } from '@nestjs/common';
import { StageHandler } from 'nestage';
import { images } from 'nestage/uploads';
import { ChatCompletionHandler, type ChatPrompt, chatCompletions } from 'nestage/openai';
import { NextSpeechHandler, OrderHandler, OrderRequest, SpeechHandler, VoiceHandler } from '../support/playground-app.js';
import { PictureHandler } from '../support/status-page-app.js';
import { runCommand } from '../support/run-command.js';
import { faultsOf, useStatusPages } from './status-pages.js';

const PICTURE = join(import.meta.dirname, '../../apps/vision-chat/samples/invoice.png');
const runShell = (command: string): Promise<string> => runCommand('sh', ['-c', command], tmpdir());
const runModule = (code: string): Promise<string> =>
  runCommand(process.execPath, ['--input-type=module', '-e', code.replace('reply.body!', 'reply.body')], tmpdir());

/** What assistive technology calls the element that has the focus. */
async function focusedName(page: Page): Promise<string> {
  const client = await page.context().newCDPSession(page);
  const { result } = await client.send('Runtime.evaluate', { expression: 'document.activeElement' });
  const { nodes } = await client.send('Accessibility.getPartialAXTree', { objectId: result.objectId, fetchRelatives: false });
  await client.detach();
  return String(nodes[0].name?.value);
}

describe('the playground in a browser', () => {
  const pages = useStatusPages();
  const start = pages.start.bind(pages);
  const open = pages.open.bind(pages);

  it('sends what the form made of the DTO says, and shows the same call as code that works', async () => {
    const running = await start();
    const page = await open(running.url, { hash: '#playground' });
    await page.getByLabel('Handler', { exact: true }).selectOption({ label: 'POST /v1/greetings · GreetingHandler' });
    await page.locator('#field-name').fill('Ada');
    await page.locator('#field-language').selectOption('fr');
    await page.locator('#field-times').fill('2');
    await page.locator('#field-loud').selectOption('true');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.reply-body', { hasText: 'BONJOUR, ADA. BONJOUR, ADA.' }).waitFor();
    expect(await page.locator('.reply-head').textContent()).toMatch(/^200 · log id \w+ · \d+ B · /);
    await page.getByRole('button', { name: 'Copy the curl code' }).click();
    const curl = await page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(await runShell(curl))).toEqual({ text: 'BONJOUR, ADA. BONJOUR, ADA.' });
    await page.getByRole('button', { name: 'Copy the TypeScript code' }).click();
    const code = await page.evaluate(() => navigator.clipboard.readText());
    expect(JSON.parse(await runModule(code))).toEqual({ text: 'BONJOUR, ADA. BONJOUR, ADA.' });
  });

  it('shows a stream while it arrives, and takes a picture that is dropped', async () => {
    let goOn = (): void => undefined;
    const isSeen = new Promise<void>((resolve) => (goOn = resolve));
    @StageHandler('/v1/chat/completions', { protocol: chatCompletions({ models: ['parrot'] }) })
    class PausingHandler extends ChatCompletionHandler {
      async *run({ text, messages }: ChatPrompt) {
        yield `${text} and`;
        await isSeen;
        yield ` ${messages.flatMap(({ content }) => content ?? []).length} parts`;
      }
    }
    const running = await start({ providers: [PausingHandler] });
    const page = await open(running.url, { hash: '#playground' });
    await page.getByLabel('Message').fill('one two');
    const data = await page.evaluateHandle(async () => {
      const bytes = Uint8Array.from(
        atob('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=='),
        (char) => char.charCodeAt(0),
      );
      const transfer = new DataTransfer();
      transfer.items.add(new File([bytes], 'dot.png', { type: 'image/png' }));
      return transfer;
    });
    await page.locator('.drop').dispatchEvent('drop', { dataTransfer: data });
    await page.locator('.drop-name', { hasText: 'dot.png' }).waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.said', { hasText: 'one two and' }).waitFor();
    const head = page.locator('.reply-head');
    expect(await head.getAttribute('aria-busy')).toBe('true'); // not read out with each item
    goOn();
    await page.locator('.said', { hasText: 'one two and 2 parts' }).waitFor();
    await head
      .filter({ hasText: /^200 .* items/ })
      .and(page.locator(':not([aria-busy])'))
      .waitFor();
  });

  it('says which file is missing, in place of a call that would be refused', async () => {
    @StageHandler('/v1/albums', { upload: images({ field: 'pages', maxFiles: 3 }) })
    class AlbumHandler {
      run() {
        return { isTaken: true };
      }
    }
    const running = await start({ providers: [PictureHandler, AlbumHandler] });
    const page = await open(running.url, { hash: '#playground' });
    const problem = page.locator('.problem');
    for (const [label, missing] of [
      ['POST /v1/pictures · PictureHandler', 'Choose a file for "file"'],
      ['POST /v1/albums · AlbumHandler', 'Choose one file or more for "pages"'],
    ]) {
      await page.getByLabel('Handler', { exact: true }).selectOption({ label });
      await page.getByRole('button', { name: 'Send' }).click();
      expect(await problem.textContent()).toBe(missing);
      expect(await page.getByLabel('curl code', { exact: true }).textContent()).toBe(`${missing} to see the code.`);
      expect(await page.locator('.reply-head').textContent()).toBe('Nothing sent yet.');
    }
    await page.locator('input[type=file]').setInputFiles([PICTURE, PICTURE]);
    expect(await problem.textContent()).toBe('');
    expect(await page.getByLabel('curl code', { exact: true }).textContent()).toContain('-F pages=@invoice.png');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.reply-body', { hasText: '"isTaken": true' }).waitFor();
    expect(await faultsOf(page)).toEqual([]);
  });

  it('sends files, and shows a refusal as it is', async () => {
    const running = await start();
    const page = await open(running.url, { hash: '#playground', expected: /status of 415/ });
    await page.getByLabel('Handler', { exact: true }).selectOption({ label: 'POST /v1/pictures · PictureHandler' });
    await page.locator('input[type=file]').setInputFiles({ name: 'note.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') });
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.reply-body', { hasText: 'unsupported_file' }).waitFor();
    await page.locator('input[type=file]').setInputFiles(PICTURE);
    await page.getByRole('button', { name: 'Send' }).click();
    await page.locator('.reply-body', { hasText: '"isTaken": true' }).waitFor();
    await page.getByLabel('Handler', { exact: true }).selectOption({ label: 'POST /v1/sums · SumHandler' });
    expect(await page.locator('.reply-head').textContent()).toBe('Nothing sent yet.'); // no reply stands beside another handler's form
  });

  describe('with objects and lists in the DTO', () => {
    const providers = [OrderHandler];
    const told = async (page: Page): Promise<unknown> => {
      await page.getByRole('button', { name: 'Copy the curl code' }).click();
      const curl = await page.evaluate(() => navigator.clipboard.readText());
      return JSON.parse(/<<'JSON'\n([^]*)\nJSON$/.exec(curl)?.[1] ?? 'null');
    };

    it('has fields within fields, by keyboard alone, and sends what they say', async () => {
      const running = await start({ providers });
      const page = await open(running.url, { hash: '#playground' });
      const press = async (...keys: string[]): Promise<void> => {
        for (const key of keys) await page.keyboard.press(key);
      };
      await page.getByRole('group', { name: 'to required' }).getByLabel('city').focus();
      await page.keyboard.type('Oslo');
      await press('Tab', 'Tab'); // past the street, to the offer of another address
      expect(await focusedName(page)).toBe('Add billed');
      await press('Enter');
      expect(await focusedName(page)).toBe('city');
      await page.keyboard.type('Rome');
      await press('Tab', 'Tab');
      expect(await focusedName(page)).toBe('Remove billed');
      await press('Tab'); // one item has to be there
      expect(await focusedName(page)).toBe('label');
      await page.keyboard.type('pen');
      await press('Tab');
      await page.keyboard.type('2');
      await press('Tab', 'Enter');
      expect(await focusedName(page)).toBe('tags 1');
      await page.keyboard.type('blue');
      await page.getByRole('button', { name: 'Add to items' }).click();
      await page.keyboard.type('ink');
      await press('Tab');
      await page.keyboard.type('1');
      const order = {
        to: { city: 'Oslo' },
        billed: { city: 'Rome' },
        items: [
          { label: 'pen', count: 2, tags: ['blue'] },
          { label: 'ink', count: 1 },
        ],
      };
      expect(await told(page)).toEqual(order);
      await page.getByRole('button', { name: 'Send' }).click();
      await page.locator('.reply-body', { hasText: '"ink"' }).waitFor();
      expect(JSON.parse((await page.locator('.reply-body').textContent()) ?? '')).toEqual({ order });
      await page.getByRole('button', { name: 'Copy the TypeScript code' }).click();
      const code = await page.evaluate(() => navigator.clipboard.readText());
      expect(JSON.parse(await runModule(code))).toEqual({ order });
    });

    it('removes rows, counts the others anew, and keeps the focus near', async () => {
      const running = await start({ providers });
      const page = await open(running.url, { hash: '#playground' });
      for (const text of ['0.5', '1.5', '2.5']) {
        await page.getByRole('button', { name: 'Add to discounts' }).click();
        await page.keyboard.type(text);
      }
      await page.getByRole('button', { name: 'Remove discounts 2' }).press('Enter');
      expect(await focusedName(page)).toBe('Remove discounts 2');
      expect(await page.getByLabel('discounts 2', { exact: true }).inputValue()).toBe('2.5');
      expect(await told(page)).toMatchObject({ discounts: [0.5, 2.5] });
      await page.getByRole('button', { name: 'Remove discounts 2' }).press('Enter');
      expect(await focusedName(page)).toBe('Remove discounts 1');
      await page.keyboard.press('Enter');
      expect(await focusedName(page)).toBe('Add to discounts');
      expect(await told(page)).not.toHaveProperty('discounts');
    });

    it('goes as deep as a class within itself is asked to, and lets one of several forms be chosen', async () => {
      const running = await start({ providers });
      const page = await open(running.url, { hash: '#playground' });
      await page.getByRole('button', { name: 'Add note' }).click();
      await page.keyboard.type('first');
      await page.getByRole('button', { name: 'Add to replies' }).click();
      await page.keyboard.type('second');
      await page.getByRole('group', { name: 'replies 1' }).getByRole('button', { name: 'Add to replies' }).click();
      await page.keyboard.type('third');
      await page.getByLabel('Form of stop').selectOption('list of string');
      await page.getByRole('button', { name: 'Add to stop as list of string' }).click();
      await page.keyboard.type('END');
      await page.getByLabel('extra').last().fill('{ "a": [1] }'); // an object of which nothing is known
      const replies = [{ text: 'second', replies: [{ text: 'third' }] }];
      expect(await told(page)).toMatchObject({ note: { text: 'first', replies, extra: { a: [1] } }, stop: ['END'] });
      await page.getByLabel('Form of stop').selectOption('string');
      await page.getByLabel('stop as string').fill('FIN');
      expect(await told(page)).toMatchObject({ stop: 'FIN' });
      expect(await faultsOf(page)).toEqual([]);
    });

    it('begins with the example of the handler', async () => {
      const example = { to: { city: 'Oslo', street: 'Havn 1' }, items: [{ label: 'pen', count: 2, tags: ['blue', 'red'] }], stop: ['END'] };
      @StageHandler('/orders', { request: OrderRequest, example })
      class ExampleHandler {
        run(order: OrderRequest) {
          return { order };
        }
      }
      const running = await start({ providers: [ExampleHandler] });
      expect(await told(await open(running.url, { hash: '#playground' }))).toEqual(example);
    });
  });

  describe('with versions of a route', () => {
    const providers = [SpeechHandler, NextSpeechHandler, VoiceHandler];

    it.each([
      [{ type: VersioningType.URI }, 'POST /api/v3/speech · NextSpeechHandler', '/api/v3/speech'],
      [{ type: VersioningType.HEADER, header: 'x-version' }, 'POST /api/speech · NextSpeechHandler · x-version: 3', '/api/speech'],
      [{ type: VersioningType.MEDIA_TYPE, key: 'v=' }, 'POST /api/speech · NextSpeechHandler · accept: */*;v=3', '/api/speech'],
    ] as const)('by %j calls each of them, and shows how', async (versioning, label, path) => {
      const configure = (app: INestApplication): void => {
        app.setGlobalPrefix('api');
        app.enableVersioning(versioning);
      };
      const running = await start({ providers, configure });
      const page = await open(running.url, { hash: '#playground', path: '/api/dashboard' });
      expect(await page.getByLabel('Handler', { exact: true }).locator('option').count()).toBe(4);
      await page.getByLabel('Handler', { exact: true }).selectOption({ label });
      await page.locator('#field-pitch').selectOption('high');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.locator('.reply-body', { hasText: '"sung": "high"' }).waitFor();
      for (const [button, run] of [
        ['Copy the curl code', runShell],
        ['Copy the TypeScript code', runModule],
      ] as const) {
        await page.getByRole('button', { name: button }).click();
        const code = await page.evaluate(() => navigator.clipboard.readText());
        expect(code).toContain(running.url + path);
        expect(JSON.parse(await run(code))).toEqual({ sung: 'high' });
      }
    });

    it('asks for what stands in the path', async () => {
      const configure = (app: INestApplication) => void app.enableVersioning({ type: VersioningType.URI });
      const running = await start({ providers, configure });
      const page = await open(running.url, { hash: '#playground' });
      await page.getByLabel('Handler', { exact: true }).selectOption({ label: 'GET /v1/voices/:voice · VoiceHandler' });
      await page.getByRole('textbox', { name: 'voice' }).fill('alto');
      await page.getByRole('button', { name: 'Send' }).click();
      await page.locator('.reply-body', { hasText: '/voices/' }).waitFor();
      expect(running.log.records.some(({ message }) => message.includes('/v1/voices/alto'))).toBe(true);
    });
  });
});
