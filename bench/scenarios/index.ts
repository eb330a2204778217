import { batching } from './batching.js';
import { caching } from './caching.js';
import { chat } from './chat.js';
import { coldStart } from './cold-start.js';
import { cores } from './cores.js';
import { echo } from './echo.js';
import { ocr } from './ocr.js';
import { overload } from './overload.js';
import { queue } from './queue.js';
import type { Scenario } from './scenario.js';
import { soak } from './soak.js';
import { stream } from './stream.js';
import { uploads } from './uploads.js';

/** In the order in which they run and are shown. */
export const SCENARIOS: readonly Scenario[] = [
  echo,
  chat,
  stream,
  batching,
  caching,
  overload,
  cores,
  queue,
  ocr,
  coldStart,
  soak,
  uploads,
];
