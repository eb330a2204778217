import { OptionError } from './common/option-checks.js';
import { StartFaultError } from './core/discovery/start-fault.js';
import { describeThrown, storyOf } from './core/errors/describe-thrown.js';
import type { LogWriter } from './core/log/log-writer.js';
import { maskSecrets } from './logging/values/mask-secrets.js';

/** What an `initialize` threw: it is in the log with its stack already. @internal */
export class InitializeFault extends Error {
  override readonly name = 'InitializeFault';

  constructor(cause: unknown) {
    super(describeThrown(cause).message, { cause });
  }
}

/**
 * Tells why the service can not start, in one line of the log: what its user has to set is said in a sentence, anything else with its
 * stack. A stack or a list goes to the standard error, too, since a log line holds no line breaks; so does a sentence that the log does not
 * take.
 * @internal
 */
export function tellStartFault(log: LogWriter, error: unknown): void {
  const sentence = sentenceOf(error);
  const text = `Web service can not start: ${sentence ?? storyOf(describeThrown(error))}`;
  log.write('FATAL', text);
  if (sentence === undefined || sentence.includes('\n') || !log.isEnabled('FATAL')) process.stderr.write(`${maskSecrets(text)}\n`);
}

function sentenceOf(error: unknown): string | undefined {
  if (error instanceof OptionError || error instanceof StartFaultError) return `${error.message} See ${error.page}`;
  return error instanceof InitializeFault ? error.message : undefined;
}
