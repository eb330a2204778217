import { availableCpus, OptionError } from 'nestage';
import { RemoteImages } from './chat/remote-images.js';

/** Environment variables that this app reads beside those of the framework. */
export interface AppEnvironment {
  /** `REMOTE_IMAGES`: hosts that pictures of a chat may be fetched from, separated by commas; none when empty. */
  readonly remoteImages: readonly string[];
  /** `OCR_THREADS`: threads that read pictures; one a CPU but one without it. */
  readonly ocrThreads: number;
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

/** Each has its own copy of the models: a number beyond it was meant for something else. */
const MAX_THREADS = 256;

/**
 * Reads the variables, here and nowhere else.
 * @throws OptionError for a value that can't be meant
 */
export function readAppEnvironment(env: NodeJS.ProcessEnv = process.env): AppEnvironment {
  return { remoteImages: readHosts(env), ocrThreads: readThreads(env), upstream: readUpstream(env) };
}

function readHosts({ REMOTE_IMAGES: text = '' }: NodeJS.ProcessEnv): readonly string[] {
  const hosts = text
    .split(',')
    .map((host) => host.trim())
    .filter((host) => host !== '');
  try {
    RemoteImages.from(hosts); // knows what a host is
    return hosts;
  } catch (cause) {
    const form = 'host names separated by commas, such as "images.example.com,*.example.org"';
    throw fault(`"REMOTE_IMAGES" must be ${form}, got "${text}"`, cause);
  }
}

function readThreads({ OCR_THREADS: text }: NodeJS.ProcessEnv): number {
  if (!text) return Math.max(1, availableCpus() - 1);
  const threads = Number(text);
  if (Number.isInteger(threads) && threads >= 1 && threads <= MAX_THREADS) return threads;
  throw fault(`"OCR_THREADS" must be an integer from 1 to ${MAX_THREADS}, got "${text}"`);
}

function readUpstream(env: NodeJS.ProcessEnv): UpstreamEnvironment | undefined {
  const { UPSTREAM_BASE_URL: baseUrl, UPSTREAM_API_KEY: apiKey, UPSTREAM_MODEL: model, UPSTREAM_FALLBACK: fallback } = env;
  if (!baseUrl) {
    const pointless = ['UPSTREAM_MODEL', 'UPSTREAM_API_KEY', 'UPSTREAM_FALLBACK'].find((name) => env[name]);
    if (pointless) throw fault(`"UPSTREAM_BASE_URL" is missing: ${pointless} means nothing without it`);
    return undefined;
  }
  if (!/^https?:\/\/./.test(baseUrl) || !URL.canParse(baseUrl)) {
    throw fault('"UPSTREAM_BASE_URL" must be an http address such as "http://127.0.0.1:8001/v1"');
  }
  if (!model) throw fault('"UPSTREAM_MODEL" must name the model of UPSTREAM_BASE_URL');
  if (fallback && fallback !== 'true' && fallback !== 'false') {
    throw fault(`"UPSTREAM_FALLBACK" must be true or false, got "${fallback}"`);
  }
  return { baseUrl, apiKey: apiKey || 'not empty', model, isEmbeddedFallback: fallback === 'true' };
}

const fault = (text: string, cause?: unknown): OptionError =>
  new OptionError(`${text} (set it in the environment).`, { page: 'README.md', cause });
