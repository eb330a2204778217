/** @typedef {import('./figures.js').Figures} Figures */

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 10_000;
/** A service that gathers figures answers within its checks' deadline; whoever is silent for longer is gone without having said so. */
const LEAST_SILENCE_MS = 10_000;
const LEAST_POLL_MS = 5000;
/** How often figures are asked for one by one before a stream is tried again. */
const POLLS = 30;
/** A stream that lives as long as this may be opened again at once, without end. */
const LEAST_LIFE_MS = 5000;

/**
 * Listens to the service's figures, and tries again by itself whenever that ends. A stream that ends after a while, as proxies end them now
 * and then, is opened again at once; a dead connection is told with the time of the next try. Where nothing comes of a stream, or little, as
 * behind a proxy that holds it back or cuts it, figures are asked for one by one.
 *
 * @param {string} url
 * @param {{ intervalMs: number, opened: () => void, figures: (figures: Figures, pollMs?: number) => void, lost: (retryInMs: number) => void }} listener
 *   `opened` is called before the first figures of each connection; `pollMs` is there when figures come one by one
 */
export function listen(url, { intervalMs, opened, figures, lost }) {
  const silenceMs = Math.max(LEAST_SILENCE_MS, 3 * intervalMs);
  const pollMs = Math.max(LEAST_POLL_MS, intervalMs);
  let retryMs = FIRST_RETRY_MS;

  const retry = () => {
    lost(retryMs);
    setTimeout(stream, retryMs);
    retryMs = Math.min(LONGEST_RETRY_MS, retryMs * 2);
  };

  function stream() {
    const source = new EventSource(url);
    /** @type {number | undefined} */
    let liveSince;
    /** @param {() => void} next */
    const leave = (next) => {
      clearTimeout(silence);
      source.close();
      next();
    };
    const onSilence = () => leave(liveSince === undefined ? poll : retry);
    const onError = () => {
      if (liveSince === undefined) leave(retry);
      else leave(performance.now() - liveSince < LEAST_LIFE_MS ? poll : stream);
    };
    let silence = setTimeout(onSilence, silenceMs);
    source.addEventListener('error', onError, { once: true });
    source.addEventListener('figures', (event) => {
      clearTimeout(silence);
      silence = setTimeout(onSilence, silenceMs);
      if (liveSince === undefined) opened();
      liveSince ??= performance.now();
      retryMs = FIRST_RETRY_MS;
      figures(JSON.parse(event.data));
    });
  }

  async function poll() {
    for (let round = 0; round < POLLS; round++) {
      const now = await ask(url, silenceMs);
      if (!now) return retry();
      if (round === 0) opened();
      retryMs = FIRST_RETRY_MS;
      figures(now, pollMs);
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    stream();
  }

  stream();
}

/** One set of figures. @param {string} url @param {number} timeoutMs @returns {Promise<Figures | undefined>} */
async function ask(url, timeoutMs) {
  try {
    const reply = await fetch(url, { headers: { accept: 'application/json' }, signal: AbortSignal.timeout(timeoutMs) });
    return reply.ok ? await reply.json() : undefined;
  } catch {
    return undefined; // no answer
  }
}
