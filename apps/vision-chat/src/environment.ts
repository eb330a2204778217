import { OptionError } from 'nestage';

/** Environment variables that this app reads beside those of the framework. */
export interface AppEnvironment {
  /** `REMOTE_IMAGES`: hosts that pictures of a chat may be fetched from, separated by commas; none when empty. */
  readonly remoteImages: readonly string[];
  /** `OCR_THREADS`: threads that read pictures; one a CPU but one without it. */
  readonly ocrThreads: number | undefined;
  /** The model server that answers chats in place of the embedded model; `undefined` without `UPSTREAM_BASE_URL`. */
  readonly upstream: UpstreamEnvironment | undefined;
}

export interface UpstreamEnvironment {
  /** `UPSTREAM_BASE_URL`, with its version: `http://127.0.0.1:8001/v1`. */
  readonly baseUrl: string;
  /** `UPSTREAM_API_KEY`. */
  readonly apiKey: string;
  /** `UPSTREAM_MODEL`: id of the model there, and here. */
  readonly model: string;
  /** `UPSTREAM_FALLBACK`: whether the embedded model answers chats with pictures when the upstream one fails. */
  readonly isEmbeddedFallback: boolean;
}

/**
 * Reads the variables, here and nowhere else.
 * @throws OptionError for a value that can't be meant
 */
export function readAppEnvironment(env: NodeJS.ProcessEnv = process.env): AppEnvironment {
  const hosts = (env['REMOTE_IMAGES'] ?? '').split(',').map((host) => host.trim());
  const remoteImages = hosts.filter((host) => host !== '');
  if (remoteImages.some((host) => host.includes('/') || host === '*')) {
    throw new OptionError(
      '"REMOTE_IMAGES" must be host names separated by commas, such as "images.example.com,*.example.org" (set it in the environment).',
    );
  }
  return { remoteImages, ocrThreads: readThreads(env), upstream: readUpstream(env) };
}

function readThreads({ OCR_THREADS: text }: NodeJS.ProcessEnv): number | undefined {
  if (!text) return undefined;
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1) return threads;
  throw new OptionError(`"OCR_THREADS" must be an integer >= 1, got "${text}" (set it in the environment).`);
}

function readUpstream(env: NodeJS.ProcessEnv): UpstreamEnvironment | undefined {
  const { UPSTREAM_BASE_URL: baseUrl, UPSTREAM_API_KEY: apiKey, UPSTREAM_MODEL: model, UPSTREAM_FALLBACK: fallback } = env;
  if (!baseUrl) {
    if (model || fallback)
      throw new OptionError('"UPSTREAM_BASE_URL" is missing: UPSTREAM_MODEL and UPSTREAM_FALLBACK mean nothing without it.');
    return undefined;
  }
  if (!/^https?:\/\/./.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw new OptionError(`"UPSTREAM_BASE_URL" must be an http address such as "http://127.0.0.1:8001/v1" (set it in the environment).`);
  }
  if (!model) throw new OptionError('"UPSTREAM_MODEL" must name the model of UPSTREAM_BASE_URL (set it in the environment).');
  if (fallback && fallback !== 'true' && fallback !== 'false') {
    throw new OptionError(`"UPSTREAM_FALLBACK" must be true or false, got "${fallback}" (set it in the environment).`);
  }
  return { baseUrl, apiKey: apiKey || 'not empty', model, isEmbeddedFallback: fallback === 'true' };
}
