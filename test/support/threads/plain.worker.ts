import type { WorkerTask } from 'nestage/threads/worker';

/** Echoes, or ends its thread. */
export default class PlainWorker implements WorkerTask<{ readonly exit?: boolean }, unknown> {
  run(body: { readonly exit?: boolean }): unknown {
    if (body.exit) process.exit(1);
    return { body };
  }
}
