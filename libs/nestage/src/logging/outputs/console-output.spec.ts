import { Writable } from 'node:stream';
import type { LogLevel } from '../../core/log/log-writer.js';
import { ConsoleOutput } from './console-output.js';
import { LogLines } from '../log-lines.js';

class Screen extends Writable {
  readonly writes: string[] = [];
  error: Error | undefined;

  constructor(
    readonly isTTY = false,
    private readonly showsColors = true,
  ) {
    super({ decodeStrings: false });
  }

  hasColors(): boolean {
    return this.showsColors;
  }

  override _write(text: string | Buffer, _encoding: string, done: (error?: Error) => void): void {
    if (text.length > 0) this.writes.push(String(text));
    done(this.error);
  }
}

const outputTo = (screen: Screen, colors: 'auto' | boolean = 'auto'): ConsoleOutput => new ConsoleOutput(colors, screen);

const lines = (level: LogLevel, ...texts: readonly string[]): LogLines =>
  new LogLines(Buffer.from(texts.map((text) => `${text}\n`).join('')), [{ level, count: texts.length }]);

describe(ConsoleOutput.name, () => {
  it('writes lines together', () => {
    const screen = new Screen();
    outputTo(screen).write(lines('INFO', 'one', 'two'));
    expect(screen.writes).toEqual(['one\ntwo\n']);
  });

  it.each<[string, Screen, 'auto' | boolean, string]>([
    ['colours lines on a terminal', new Screen(true), 'auto', '\u001b[31mbad\u001b[0m\n'],
    ['does not on a terminal that shows none', new Screen(true, false), 'auto', 'bad\n'],
    ['does not elsewhere', new Screen(false), 'auto', 'bad\n'],
    ['does anywhere when told to', new Screen(false), true, '\u001b[31mbad\u001b[0m\n'],
    ['does nowhere when told not to', new Screen(true), false, 'bad\n'],
  ])('%s', (_title, screen, colors, text) => {
    const output = outputTo(screen, colors);
    output.write(lines('ERROR', 'bad'));
    expect(screen.writes).toEqual([text]);
  });

  it('leaves an ordinary line without colour', () => {
    const screen = new Screen(true);
    const output = outputTo(screen);
    output.write(lines('INFO', 'good'));
    expect(screen.writes).toEqual(['good\n']);
  });

  it('goes on when its reader has gone', async () => {
    const screen = new Screen();
    screen.error = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' });
    const output = outputTo(screen);
    for (const line of ['first', 'second']) {
      output.write(lines('INFO', line));
      await output.flush();
    }
    expect(screen.writes).toEqual(['first\n']);
  });

  it('leaves no listener on the stream once it is closed', async () => {
    const screen = new Screen();
    const before = screen.listenerCount('error');
    const output = outputTo(screen);
    output.write(lines('INFO', 'line'));
    await output.flush();
    expect(screen.listenerCount('error')).toBe(before + 1);
    output.close();
    expect(screen.listenerCount('error')).toBe(before);
  });
});
