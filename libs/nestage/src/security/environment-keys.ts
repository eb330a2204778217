import { OptionError } from '../common/option-checks.js';
import { type ApiKeyEntry, hashApiKey } from './api-key.js';

/**
 * Reads keys as an environment variable gives them: `name:key` or `name:sha256:<hex>`, separated by commas. A plain key is hashed here and
 * kept nowhere.
 * @param variable name of the variable, for what it throws, which shows no value
 * @throws OptionError
 * @internal
 */
export function readEnvironmentKeys(text: string, variable: string, scopes?: readonly string[]): ApiKeyEntry[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries.filter(Boolean).map((entry, index) => {
    const [, name, key] = /^([^:]+):(.+)$/s.exec(entry) ?? [];
    if (!name || !key) {
      throw new OptionError(
        `Entry ${index + 1} of "${variable}" must be name:key or name:sha256:<hex>; its value is not shown (set it in the environment).`,
      );
    }
    return { name: name.trim(), hash: isHash(key) ? key.trim() : hashApiKey(key.trim()), ...(scopes && { scopes }) };
  });
}

/** A hash that is cut short is a fault to be told, not a key. */
const isHash = (key: string): boolean => key.trim().startsWith('sha256:');
