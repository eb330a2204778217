import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { contextStorage } from '../core/context/context-storage.js';
import type { StageContext } from '../core/context/stage-context.js';
import { StageLogger } from '../core/log/stage-logger.js';
import { ResourceMonitor } from '../core/resources/resource-usage.js';
import { FakeClock } from '../testing/fake-clock.js';
import { hourOf } from './local-time.js';
import { type LoggingOptions, resolveLoggingOptions } from './logging.options.js';
import { NestLogBridge } from './nest-logger.js';
import { type LogMachine, ServiceLogWriter } from './service-log-writer.js';

class BusyMachine extends ResourceMonitor {
  readonly usage = { cpu: 31.84, memory: 93.2, gpu: 0 };
}

const LINE =
  /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] \[pid:\d+\] \[level:(\w+)\] \[logid:([\w.:-]+)\] \[CPU: 31\.8\] \[Memory: 93\.2\] \[GPU: 0\] (.*)$/;

describe(ServiceLogWriter.name, () => {
  let folder: string;
  let file: string;
  let writers: ServiceLogWriter[];
  let stderr: string;
  let isStderrOpen: boolean;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nestage-log-'));
    file = join(folder, 'logs', 'web_service.log');
    writers = [];
    stderr = '';
    isStderrOpen = true;
  });

  afterEach(async () => {
    jest.useRealTimers();
    await Promise.all(writers.map((writer) => writer.close()));
    rmSync(folder, { recursive: true, force: true });
  });

  function writerOf(options: LoggingOptions = {}, machine: LogMachine = {}): ServiceLogWriter {
    const writeStderr = (text: string): boolean => {
      if (isStderrOpen) stderr += text;
      return isStderrOpen;
    };
    const resolved = resolveLoggingOptions({ file, console: false, ...options }, 'the test');
    const writer = new ServiceLogWriter(resolved, new BusyMachine(), { writeStderr, ...machine });
    writers.push(writer);
    return writer;
  }

  const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
  const messagesOf = (path: string): string[] => linesOf(path).map((line) => LINE.exec(line)?.[3] ?? `BAD LINE ${line}`);
  const stderrMessages = (): string[] =>
    stderr
      .split('\n')
      .slice(0, -1)
      .map((line) => LINE.exec(line)?.[3] ?? `BAD LINE ${line}`);

  describe('lines and files', () => {
    it('writes a record in the form of the original', async () => {
      const writer = writerOf();
      writer.write('INFO', 'Pre processed: [1, 2]', '17072938263441553');
      await writer.flush();
      expect(readFileSync(file, 'utf8')).toMatch(
        /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}\] \[pid:\d+\] \[level:INFO\] \[logid:17072938263441553\] \[CPU: 31\.8\] \[Memory: 93\.2\] \[GPU: 0\] Pre processed: \[1, 2\]\n$/,
      );
    });

    it('puts all below ERROR into the file and WARNING and above into the .wf file', async () => {
      const writer = writerOf({ level: 'DEBUG' });
      for (const level of ['DEBUG', 'INFO', 'WARNING', 'ERROR', 'FATAL'] as const) writer.write(level, level);
      await writer.flush();
      expect(messagesOf(file)).toEqual(['DEBUG', 'INFO', 'WARNING']);
      expect(messagesOf(`${file}.wf`)).toEqual(['WARNING', 'ERROR', 'FATAL']);
    });

    it('keeps no line below its level', async () => {
      const writer = writerOf({ level: 'WARNING' });
      writer.write('INFO', 'too little');
      writer.write('WARNING', 'enough');
      await writer.flush();
      expect(writer.isEnabled('INFO')).toBe(false);
      expect(messagesOf(file)).toEqual(['enough']);
    });

    it('takes the log id of the current request, and `default` outside of any', async () => {
      const writer = writerOf();
      contextStorage.run({ logId: 'of-the-request' } as StageContext, () => writer.write('INFO', 'inside'));
      writer.write('INFO', 'outside');
      await writer.flush();
      expect(linesOf(file).map((line) => LINE.exec(line)?.[2])).toEqual(['of-the-request', 'default']);
    });

    it('names the code that logs when asked to', async () => {
      const writer = writerOf({ caller: true });
      writer.write('INFO', 'here');
      new StageLogger(writer, 'id-1').info('here');
      new NestLogBridge(writer).log('here');
      Logger.overrideLogger(new NestLogBridge(writer));
      new Logger().log('here');
      Logger.overrideLogger(['log']);
      await writer.flush();
      const lines = linesOf(file);
      expect(lines).toHaveLength(4);
      for (const line of lines) expect(line).toMatch(/\[GPU: 0\] \[service-log-writer\.spec\.[jt]s:\d+\] here$/);
    });

    it('writes JSON objects when asked to', async () => {
      const writer = writerOf({ format: 'json' });
      writer.write('INFO', 'hello', 'id-1');
      await writer.flush();
      const fields = { pid: process.pid, level: 'INFO', logid: 'id-1', cpu: 31.8, memory: 93.2, gpu: 0, message: 'hello' };
      expect(JSON.parse(linesOf(file)[0])).toEqual({ time: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3}$/), ...fields });
    });

    it('masks secrets and cuts a message that is too long', async () => {
      const writer = writerOf({ maxMessageLength: 100 });
      writer.write('INFO', 'called with Authorization: Bearer abcdef0123456789');
      writer.write('INFO', 'x'.repeat(1000));
      await writer.flush();
      expect(messagesOf(file)).toEqual(['called with Authorization: Bearer ***', `${'x'.repeat(100)}...(1000 characters)`]);
    });

    it.each(['text', 'json'] as const)('writes a plain message as any other, and cuts it as well (%s)', async (format) => {
      const clock = new FakeClock();
      const writer = writerOf({ format, maxMessageLength: 20 }, { clock });
      for (const message of ['Pre processed: {}', `Pre processed: {"message":"hello"}`]) {
        writer.write('INFO', message, 'id-1');
        writer.writePlain('INFO', message, 'id-1');
      }
      writer.writePlain('DEBUG', 'below the level', 'id-1');
      await writer.flush();
      const [short, shortPlain, long, longPlain, ...rest] = linesOf(file);
      expect([shortPlain, longPlain, rest]).toEqual([short, long, []]);
      expect(long).toMatch(/\(34 characters\)/);
    });

    it('says at each line what the time, the level and the log id are then', async () => {
      const clock = new FakeClock();
      const writer = writerOf({ level: 'DEBUG' }, { clock });
      writer.write('INFO', 'one', 'id-1');
      writer.write('INFO', 'two', 'id-1');
      writer.write('DEBUG', 'three', 'id-1');
      writer.write('DEBUG', 'four', 'id-2');
      clock.advance(1);
      writer.write('DEBUG', 'five', 'id-2');
      await writer.flush();
      const lines = linesOf(file).map((line) => [/,(\d{3})\]/.exec(line)?.[1], ...(LINE.exec(line)?.slice(1) ?? [])]);
      const [first] = lines[0];
      const later = String((Number(first) + 1) % 1000).padStart(3, '0');
      expect(lines).toEqual([
        [first, 'INFO', 'id-1', 'one'],
        [first, 'INFO', 'id-1', 'two'],
        [first, 'DEBUG', 'id-1', 'three'],
        [first, 'DEBUG', 'id-2', 'four'],
        [later, 'DEBUG', 'id-2', 'five'],
      ]);
    });

    it.each(['text', 'json'] as const)('writes one physical line a record, whatever the message and the log id (%s)', async (format) => {
      const hostile = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc
          .array(
            fc.constantFrom('\n', '\r', '\u0085', '\u2028', '\u2029', '\u202e', '\u2066', '\u001b[2J', '\u009b', '\0', '] [level:FATAL]'),
          )
          .map((parts) => parts.join('')),
      );
      const messages: string[] = [];
      const writer = writerOf({ format, file: join(folder, `${format}.log`) });
      fc.assert(
        fc.property(hostile, hostile, (message, logId) => {
          messages.push(message);
          writer.write('INFO', message, logId);
        }),
      );
      await writer.flush();
      const text = readFileSync(join(folder, `${format}.log`), 'utf8');
      // eslint-disable-next-line no-control-regex
      expect(text.replace(/\n/g, '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/);
      const lines = text.split('\n').slice(0, -1);
      expect(lines).toHaveLength(messages.length);
      for (const line of lines) {
        const level = format === 'json' ? (JSON.parse(line) as { level: string }).level : LINE.exec(line)?.[1];
        expect(level).toBe('INFO');
      }
    });

    it('survives a resource monitor that throws', async () => {
      const broken = {
        get usage(): never {
          throw new Error('no sensors');
        },
      };
      const writer = new ServiceLogWriter(resolveLoggingOptions({ file, console: false }, 'the test'), broken);
      writers.push(writer);
      writer.write('INFO', 'still here');
      await writer.flush();
      expect(readFileSync(file, 'utf8')).toMatch(/\[CPU: 0\] \[Memory: 0\] \[GPU: 0\] still here\n$/);
    });

    it('writes nowhere, and says so, when files and console are off', () => {
      expect(writerOf({ file: false }).isEnabled('FATAL')).toBe(false);
      expect(existsSync(join(folder, 'logs'))).toBe(false);
    });
  });

  describe('the stable name', () => {
    it('is a link to the file of the current hour', async () => {
      const writer = writerOf();
      writer.write('INFO', 'now');
      await writer.flush();
      expect(readlinkSync(file)).toBe(`web_service.log.${hourOf(new Date())}`);
      expect(readlinkSync(`${file}.wf`)).toBe(`web_service.log.wf.${hourOf(new Date())}`);
    });

    it('leads to the next file at the turn of the hour, and the oldest files are removed', async () => {
      jest.useFakeTimers({
        now: new Date(2024, 1, 7, 15, 59, 59),
        doNotFake: ['setImmediate', 'setTimeout', 'clearTimeout', 'nextTick', 'queueMicrotask', 'performance', 'hrtime'],
      });
      mkdirSync(join(folder, 'logs'));
      for (const hour of ['2024020710', '2024020711']) writeFileSync(`${file}.${hour}`, 'old\n');
      writeFileSync(`${file}.wf.2024020701`, 'of the other log\n');
      writeFileSync(`${file}.notes`, 'of the user\n');
      const writer = writerOf({ keepFiles: 2 });
      writer.write('INFO', 'before');
      await writer.flush();
      jest.setSystemTime(new Date(2024, 1, 7, 16, 0, 1));
      writer.write('INFO', 'after');
      await writer.flush();
      expect(readlinkSync(file)).toBe('web_service.log.2024020716');
      expect(messagesOf(`${file}.2024020715`)).toEqual(['before']);
      expect(messagesOf(file)).toEqual(['after']);
      const names = readdirSync(join(folder, 'logs')).filter((name) => !name.includes('.wf'));
      expect(names.sort()).toEqual([
        'web_service.log',
        'web_service.log.2024020715',
        'web_service.log.2024020716',
        'web_service.log.notes',
      ]);
      expect(existsSync(`${file}.wf.2024020701`)).toBe(true);
    });

    it('is taken from a plain file of another program, which is kept and told of once', async () => {
      mkdirSync(join(folder, 'logs'));
      writeFileSync(file, 'of the original service\n');
      const writer = writerOf();
      writer.write('INFO', 'new');
      await writer.flush();
      const [aside] = readdirSync(join(folder, 'logs')).filter((name) => name.includes('.moved-'));
      expect(readFileSync(join(folder, 'logs', aside), 'utf8')).toBe('of the original service\n');
      expect(lstatSync(file).isSymbolicLink()).toBe(true);
      expect(messagesOf(file)).toEqual([expect.stringContaining(`is now ${join(folder, 'logs', aside)}`), 'new']);
    });

    it.each([
      ['a device', () => '/dev/null'],
      ['a folder', () => tmpdir()],
      ['a link of another program', () => join(folder, 'foreign.log')],
    ])('is refused where it is %s', (_what, name) => {
      symlinkSync('/somewhere/else', join(folder, 'foreign.log'));
      expect(() => writerOf({ file: name() })).toThrow(
        /"logging\.file" must not be a device, a folder or a link of another program, got ".+LOG_FILE/,
      );
    });
  });

  describe('shutdown', () => {
    it('loses no line that is written after the log was closed', async () => {
      const writer = writerOf();
      writer.write('INFO', 'before');
      await writer.close();
      writer.write('INFO', 'after');
      await writer.flush();
      expect(messagesOf(file)).toEqual(['before', 'after']);
    });

    it('writes what waits without the event loop, and each line once', async () => {
      const writer = writerOf();
      const numbers = Array.from({ length: 3000 }, (_, index) => String(index));
      for (const number of numbers.slice(0, 1000)) writer.write('INFO', number);
      writer.flushSync();
      expect(messagesOf(file)).toEqual(numbers.slice(0, 1000));
      for (const number of numbers.slice(1000, 2000)) writer.write('INFO', number);
      await new Promise((resolve) => setImmediate(resolve)); // these are under way now
      for (const number of numbers.slice(2000)) writer.write('INFO', number);
      writer.flushSync();
      expect(messagesOf(file)).toEqual(numbers);
      await writer.flush();
      expect(messagesOf(file)).toEqual(numbers);
    });

    it('writes a line once that was handed to a file which was not open yet', async () => {
      const writer = writerOf();
      writer.write('INFO', 'only once');
      const flushed = writer.flush();
      writer.flushSync();
      await flushed;
      await writer.close();
      expect(messagesOf(file)).toEqual(['only once']);
    });

    it('gives lines back when the disk does not answer in time', async () => {
      const clock = new FakeClock();
      const writer = writerOf({ flushTimeoutMs: 100 }, { clock });
      writer.write('INFO', 'stuck');
      const flushed = writer.flush();
      clock.advance(100);
      await flushed;
      expect(stderrMessages()).toEqual([expect.stringMatching(/the disk did not answer within 100 ms/), 'stuck']);
    });

    it('settles a flush for the lines so far while others go on writing', async () => {
      const writer = writerOf();
      let isOver = false;
      const goOn = (): void => {
        writer.write('INFO', 'more');
        if (!isOver) setImmediate(goOn);
      };
      goOn();
      await writer.flush();
      isOver = true;
      expect(messagesOf(file)).toContain('more');
    });
  });

  // A device that is always full stands in for the disk: writes fail as on a real one, on any Linux and for any user.
  describe('a full disk', () => {
    const clock = new FakeClock();
    let main: string;

    beforeEach(() => {
      mkdirSync(join(folder, 'logs'));
      main = `${file}.${hourOf(new Date())}`;
      symlinkSync('/dev/full', main);
    });

    const makeRoom = (): void => rmSync(main);

    it('sends lines to the standard error with one warning, counts those beyond the bound, and resumes by itself', async () => {
      const writer = writerOf({ maxStderrLines: 3, retryIntervalMs: 1000 }, { clock });
      for (let number = 0; number < 5; number++) {
        writer.write('INFO', `lost ${number}`);
        await writer.flush();
      }
      expect(stderrMessages()).toEqual([
        expect.stringMatching(/^Log file .*web_service\.log can't be written: ENOSPC.* at most 3 in 10 s/),
        'lost 0',
        'lost 1',
        'lost 2',
      ]);
      expect(writer.droppedLines).toBe(2);

      makeRoom();
      writer.write('INFO', 'too early to try again');
      await writer.flush();
      expect(writer.droppedLines).toBe(3);
      clock.advance(1000);
      writer.write('INFO', 'written');
      await writer.flush();
      await writer.flush();
      const end = 'Log files can be written again: meanwhile 3 lines went to the standard error and 3 were dropped';
      expect(messagesOf(file)).toEqual(['written', end]);
      expect(messagesOf(`${file}.wf`)).toEqual([end]);
    });

    it('gives back the lines that waited behind the one that failed, in their order', async () => {
      const writer = writerOf({}, { clock });
      writer.write('INFO', 'under way');
      void writer.flush();
      for (const message of ['waiting', 'too']) writer.write('INFO', message);
      await writer.flush();
      expect(stderrMessages().slice(1)).toEqual(['under way', 'waiting', 'too']);
    });

    it('allows as many lines again after 10 seconds', async () => {
      const writer = writerOf({ maxStderrLines: 1 }, { clock });
      for (const message of ['first', 'second']) writer.write('INFO', message);
      await writer.flush();
      clock.advance(10_000);
      writer.write('INFO', 'third');
      await writer.flush();
      expect(stderrMessages().slice(1)).toEqual(['first', 'third']);
      expect(writer.droppedLines).toBe(1);
    });

    it('counts a line as dropped when the standard error takes none either', async () => {
      isStderrOpen = false;
      const writer = writerOf({}, { clock });
      writer.write('INFO', 'nowhere to go');
      await writer.flush();
      expect(writer.droppedLines).toBe(1);
    });

    it('loses no WARNING that the other file has', async () => {
      const writer = writerOf({}, { clock });
      rmSync(main);
      writer.write('INFO', 'both are open');
      await writer.flush();
      const severe = `${file}.wf.${hourOf(new Date())}`;
      await writer.close();
      rmSync(severe);
      symlinkSync('/dev/full', severe);
      writer.write('WARNING', 'in the first file');
      writer.write('ERROR', 'in none');
      await writer.flush();
      expect(messagesOf(file).filter((message) => !message.startsWith('Log file'))).toEqual(['both are open', 'in the first file']);
      expect(stderrMessages().slice(1)).toEqual(['in none']);
      rmSync(severe);
    });

    it('gives lines to the standard error at the last moment too', () => {
      const writer = writerOf({}, { clock });
      writer.write('INFO', 'last words');
      writer.flushSync();
      expect(stderrMessages()).toContain('last words');
    });
  });

  it('serves on without its folder, and writes as soon as there is one', async () => {
    const clock = new FakeClock();
    writeFileSync(join(folder, 'logs'), 'a file where the folder should be');
    const writer = writerOf({ retryIntervalMs: 1000 }, { clock });
    writer.write('INFO', 'homeless');
    await writer.flush();
    expect(stderrMessages()).toEqual([expect.stringMatching(/can't be written: E(NOTDIR|EXIST)/), 'homeless']);
    rmSync(join(folder, 'logs'));
    clock.advance(1000);
    writer.write('INFO', 'at home');
    await writer.flush();
    await writer.flush();
    expect(messagesOf(file)).toEqual(['at home', expect.stringMatching(/^Log files can be written again: meanwhile 1 lines/)]);
  });

  it('treats a disk that does not keep up as a full one', async () => {
    const writer = writerOf({ maxBufferedLength: 1024 });
    for (let number = 0; number < 20; number++) writer.write('INFO', `${number} ${'x'.repeat(50)}`);
    await writer.flush();
    await writer.flush();
    expect(stderrMessages()[0]).toMatch(/can't be written: the disk does not keep up/);
    const inFile = messagesOf(file).filter((message) => /^\d/.test(message));
    expect(inFile.length + stderrMessages().length - 1).toBe(20);
    expect(messagesOf(file).at(-1)).toMatch(/^Log files can be written again/);
  });
});
