import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Clock } from '../common/clock.js';
import { OptionError } from '../common/option-checks.js';
import { megabytes } from '../common/size.js';
import { StartFaultError } from '../core/discovery/start-fault.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { ApiKey } from './api-key.js';
import { readKeys } from './read-keys.js';

/** @internal */
export interface KeyFileInit {
  readonly path: string;
  readonly pollMs: number;
  readonly clock: Clock;
  readonly log: LogWriter;
  /** Given the keys whenever they have changed. */
  readonly onKeys: (keys: readonly ApiKey[]) => void;
}

/** What a look at the file showed. */
type Look = { readonly mark: string; readonly keys: readonly ApiKey[] } | { readonly mark: string; readonly problem: string };

const MAX_BYTES = megabytes(1);

/**
 * A file of keys that is looked at again and again, by its content, so that no kind of replacement is missed (links, mounted secrets, equal
 * times). What can't be used leaves the last good keys in force; it is said once, after it was seen twice: a file that is just being
 * written is no fault.
 * @internal
 */
export class KeyFile {
  private mark = '';
  private suspect = '';
  private told = '';
  private keys: readonly ApiKey[] = [];
  private cancel: () => void = () => undefined;
  private isClosed = false;

  constructor(private readonly init: KeyFileInit) {}

  /** Reads the file and watches it from then on. @throws StartFaultError when it can't be used: a service without its keys must not start */
  async open(): Promise<void> {
    const look = await this.look();
    if ('problem' in look) throw new StartFaultError([`The key file ${this.init.path} ${look.problem} (set it in ${SETTERS}).`]);
    this.use(look);
    this.watch();
  }

  close(): void {
    this.isClosed = true;
    this.cancel();
  }

  private watch(): void {
    if (this.isClosed) return;
    this.cancel = this.init.clock.schedule(this.init.pollMs, () => void this.poll());
  }

  /** Never rejects: whatever is wrong with the file is in the look. */
  private async poll(): Promise<void> {
    const look = await this.look();
    if (this.isClosed) return;
    if ('problem' in look) this.tell(look);
    else if (look.mark !== this.mark || this.told) this.use(look);
    this.watch();
  }

  private use({ mark, keys }: Extract<Look, { keys: unknown }>): void {
    [this.mark, this.suspect, this.told, this.keys] = [mark, '', '', keys];
    this.init.onKeys(keys);
    const names = [...new Set(keys.map(({ name }) => name))].join(', ') || 'none';
    this.init.log.write('INFO', `Access keys read from ${this.init.path}: ${keys.length} (${names})`);
  }

  private tell({ mark, problem }: Extract<Look, { problem: unknown }>): void {
    if (mark === this.told) return;
    if (mark !== this.suspect) {
      this.suspect = mark;
      return;
    }
    this.told = mark;
    this.init.log.write('ERROR', `The key file ${this.init.path} ${problem}: the last ${this.keys.length} good keys stay in force`);
  }

  private async look(): Promise<Look> {
    const { path } = this.init;
    try {
      const { size } = await regularFile(path);
      if (size > MAX_BYTES) return { mark: `size ${size}`, problem: `is longer than ${MAX_BYTES} bytes` };
      const text = await readFile(path, 'utf8');
      const mark = createHash('sha256').update(text).digest('hex');
      return mark === this.mark ? { mark, keys: this.keys } : parse(text, mark);
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      return { mark: code, problem: `can't be read (${code})` };
    }
  }
}

const SETTERS = 'API_KEYS_FILE or the option keysFile';

/** Anything else, such as a pipe, might never end. */
async function regularFile(path: string): Promise<{ readonly size: number }> {
  const found = await stat(path);
  if (!found.isFile()) throw Object.assign(new Error(), { code: 'not a file' });
  return found;
}

function parse(text: string, mark: string): Look {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { mark, problem: 'is no JSON' }; // the parser's own words quote the text
  }
  try {
    return { mark, keys: readKeys(value, 'keys', 'the file') };
  } catch (error) {
    if (!(error instanceof OptionError)) throw error;
    return { mark, problem: `can't be used: ${error.message.replace(/\.$/, '')}` };
  }
}
