import { OptionError } from './common/option-checks.js';

/** Environment variables that the framework reads, each a default for the option of that meaning. @publicApi */
export interface ServiceEnvironment {
  /** `HOST`: address to listen on. */
  readonly host: string | undefined;
  /** `PORT`: port to listen on. */
  readonly port: number | undefined;
  /** `LOG_FILE`: stable name of the log; `false` writes no files. */
  readonly logFile: string | false | undefined;
}

/**
 * Reads the variables, here and nowhere else.
 * @throws OptionError for a value out of range
 * @internal
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): ServiceEnvironment {
  const { HOST, PORT, LOG_FILE } = env;
  const port = PORT ? Number(PORT) : undefined;
  if (port !== undefined && !(Number.isInteger(port) && port >= 0 && port <= 65_535)) {
    throw new OptionError(`"PORT" must be an integer from 0 to 65535, got "${PORT}" (set it in the environment).`);
  }
  return { host: HOST || undefined, port, logFile: LOG_FILE === 'false' ? false : LOG_FILE || undefined };
}
