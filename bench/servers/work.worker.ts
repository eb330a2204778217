import type { WorkerTask } from 'nestage/threads/worker';
import { work } from './cpu-work.js';
import type { EchoRequest, EchoResponse } from './echo.dto.js';

/** What `/work` does, in a thread of its own. */
export default class WorkWorker implements WorkerTask<EchoRequest, EchoResponse> {
  run({ message }: EchoRequest): EchoResponse {
    return { response: work(message) };
  }
}
