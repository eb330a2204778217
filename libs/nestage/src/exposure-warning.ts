import type { ServiceEnvironment } from './core/options/service-environment.js';
import { isLoopback } from './start-options.js';

/** @internal */
export interface Exposure {
  readonly host: string;
  /** Whether requests need a key. */
  readonly isKeyed: boolean;
  readonly environment: Partial<ServiceEnvironment>;
}

/** What an operator must hear about a service that anybody may use, though perhaps not meant to be. @internal */
export function exposureWarning({ host, isKeyed, environment }: Exposure): string | undefined {
  if (isKeyed) return undefined;
  const { apiKeys, apiKeysFile, managementApiKeys } = environment;
  if (apiKeys ?? apiKeysFile ?? managementApiKeys) {
    return 'API keys are set in the environment, but nothing asks for them: import SecurityModule.forRoot() of nestage/security';
  }
  if (isLoopback(host)) return undefined;
  return (
    `The service listens on ${host} without API keys, so whoever reaches it may use it. Import SecurityModule.forRoot() of ` +
    'nestage/security and set API_KEYS=name:key or API_KEYS_FILE, or listen on 127.0.0.1'
  );
}
