import { availableCpus } from 'nestage';
import { readAppEnvironment } from './environment.js';

const UPSTREAM = { UPSTREAM_BASE_URL: 'http://127.0.0.1:8001/v1', UPSTREAM_MODEL: 'm' };

describe('the environment of vision-chat', () => {
  it('needs nothing to be set', () => {
    const threads = Math.max(1, availableCpus() - 1);
    const nothing = { remoteImages: [], ocrThreads: threads, upstream: undefined };
    expect(readAppEnvironment({})).toEqual(nothing);
    expect(readAppEnvironment({ OCR_THREADS: '', REMOTE_IMAGES: ' , ', UPSTREAM_BASE_URL: '', UPSTREAM_MODEL: '' })).toEqual(nothing);
  });

  it('tells of hosts, threads and another server', () => {
    const { remoteImages, ocrThreads } = readAppEnvironment({ REMOTE_IMAGES: 'a.example, *.b.example:8443,', OCR_THREADS: '3' });
    expect([remoteImages, ocrThreads]).toEqual([['a.example', '*.b.example:8443'], 3]);
    const upstream = { baseUrl: UPSTREAM.UPSTREAM_BASE_URL, apiKey: 'not empty', model: 'm', isEmbeddedFallback: false };
    expect(readAppEnvironment(UPSTREAM).upstream).toEqual(upstream);
    expect(readAppEnvironment({ ...UPSTREAM, UPSTREAM_API_KEY: 'k', UPSTREAM_FALLBACK: 'true' }).upstream).toEqual({
      ...upstream,
      apiKey: 'k',
      isEmbeddedFallback: true,
    });
  });

  it.each<[NodeJS.ProcessEnv, string]>([
    [{ OCR_THREADS: '0' }, '"OCR_THREADS" must be an integer from 1 to 256, got "0" (set it in the environment).'],
    [{ OCR_THREADS: 'two' }, '"OCR_THREADS" must be an integer from 1 to 256, got "two"'],
    [{ OCR_THREADS: '8000' }, '"OCR_THREADS" must be an integer from 1 to 256, got "8000"'],
    [{ REMOTE_IMAGES: '*' }, '"REMOTE_IMAGES" must be host names separated by commas, such as "images.example.com,*.example.org", got "*"'],
    [{ REMOTE_IMAGES: 'a b' }, '"REMOTE_IMAGES" must be host names'],
    [{ REMOTE_IMAGES: 'a.example,https://b.example/' }, '"REMOTE_IMAGES" must be host names'],
    [{ REMOTE_IMAGES: 'a.example:99999' }, '"REMOTE_IMAGES" must be host names'],
    [{ UPSTREAM_MODEL: 'm' }, '"UPSTREAM_BASE_URL" is missing: UPSTREAM_MODEL means nothing without it (set it in the environment).'],
    [{ UPSTREAM_FALLBACK: 'true' }, '"UPSTREAM_BASE_URL" is missing: UPSTREAM_FALLBACK means nothing without it'],
    [{ UPSTREAM_API_KEY: 'k' }, '"UPSTREAM_BASE_URL" is missing: UPSTREAM_API_KEY means nothing without it'],
    [{ ...UPSTREAM, UPSTREAM_BASE_URL: 'localhost' }, '"UPSTREAM_BASE_URL" must be an http address such as "http://127.0.0.1:8001/v1"'],
    [{ ...UPSTREAM, UPSTREAM_MODEL: '' }, '"UPSTREAM_MODEL" must name the model of UPSTREAM_BASE_URL'],
    [{ ...UPSTREAM, UPSTREAM_FALLBACK: 'yes' }, '"UPSTREAM_FALLBACK" must be true or false, got "yes"'],
  ])('refuses %j, and names the page on it', (env, words) => {
    const told = expect.objectContaining({ name: 'OptionError', message: expect.stringContaining(words), page: 'README.md' }) as Error;
    expect(() => readAppEnvironment(env)).toThrow(told);
  });
});
