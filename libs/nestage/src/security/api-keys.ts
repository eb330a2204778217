import type { Clock } from '../common/clock.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { ApiKey } from './api-key.js';
import { KeyFile } from './key-file.js';
import { KeyRing } from './key-ring.js';
import type { ResolvedSecurityOptions } from './security.options.js';

/** What became of looking a key up. @internal */
export type KeyVerdict = { readonly isValid: true; readonly key: ApiKey } | { readonly isValid: false; readonly key: ApiKey | undefined };

/**
 * The keys that are valid now: those that were listed, and those of the file.
 * @internal
 */
export class ApiKeys {
  /** Whether requests need a key at all: not when no key was ever configured. */
  readonly isDemanded: boolean;
  private ring: KeyRing;
  private readonly file: KeyFile | undefined;

  constructor(
    { keys, keysFile: path, keysFilePollMs: pollMs }: ResolvedSecurityOptions,
    private readonly clock: Clock,
    log: LogWriter,
  ) {
    const listed = keys ?? [];
    this.isDemanded = keys !== undefined || path !== undefined;
    this.ring = new KeyRing(listed);
    const onKeys = (ofFile: readonly ApiKey[]): void => void (this.ring = new KeyRing([...listed, ...ofFile]));
    this.file = path === undefined ? undefined : new KeyFile({ path, pollMs, clock, log, onKeys });
  }

  /** @throws StartFaultError for a file that can't be used */
  async open(): Promise<void> {
    await this.file?.open();
  }

  close(): void {
    this.file?.close();
  }

  /** A key that has expired is told, but not valid. */
  check(given: string): KeyVerdict {
    const key = this.ring.find(given);
    return key && this.clock.now() < key.expiresAt ? { isValid: true, key } : { isValid: false, key };
  }
}
