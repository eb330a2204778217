import { OptionError } from './common/option-checks.js';
import type { ServiceEnvironment } from './core/options/service-environment.js';

export type { ServiceEnvironment };

/**
 * Reads the variables, here and nowhere else.
 * @throws OptionError for a value out of range
 * @internal
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): ServiceEnvironment {
  const { HOST, PORT, WORKERS, API_KEYS, MANAGEMENT_API_KEYS, API_KEYS_FILE, REDIS_URL, QUEUE_ROLE, MANAGEMENT_HOST, MANAGEMENT_PORT } =
    env;
  const workers = !WORKERS || WORKERS === 'auto' ? WORKERS || undefined : Number(WORKERS);
  if (typeof workers === 'number' && !(Number.isInteger(workers) && workers >= 1 && workers <= 1024)) {
    throw new OptionError(`"WORKERS" must be an integer from 1 to 1024 or "auto", got "${WORKERS}" (set it in the environment).`);
  }
  return {
    host: HOST || undefined,
    port: portOf('PORT', PORT),
    workers: workers as number | 'auto' | undefined,
    logFile: readLogFile(env),
    apiKeys: API_KEYS || undefined,
    managementApiKeys: MANAGEMENT_API_KEYS || undefined,
    apiKeysFile: API_KEYS_FILE || undefined,
    redisUrl: REDIS_URL || undefined,
    queueRole: QUEUE_ROLE || undefined,
    managementHost: MANAGEMENT_HOST || undefined,
    managementPort: portOf('MANAGEMENT_PORT', MANAGEMENT_PORT),
  };
}

/** Where LOG_FILE wants the log; of use also while another variable is out of range. @internal */
export function readLogFile({ LOG_FILE }: NodeJS.ProcessEnv = process.env): string | false | undefined {
  return LOG_FILE === 'false' ? false : LOG_FILE || undefined;
}

function portOf(name: string, text: string | undefined): number | undefined {
  if (!text) return undefined;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new OptionError(`"${name}" must be an integer from 0 to 65535, got "${text}" (set it in the environment).`);
}
