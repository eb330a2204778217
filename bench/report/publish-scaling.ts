import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { measuredConstants } from '../scaling/measured-constants.js';
import { constantsTable } from '../scaling/scaling-page.js';
import { scalingTable } from '../scaling/table.js';
import { replaceMarked } from './marked-text.js';
import type { RunResult } from './result.types.js';
import { rewrite } from './rewrite.js';

const CONSTANTS = 'bench/scaling/constants.json';

/** The simulation again, if the run has measured its constants. */
export async function publishScaling(root: string, run: RunResult): Promise<void> {
  const constants = measuredConstants(run);
  if (!constants) return;
  writeFileSync(join(root, CONSTANTS), `${JSON.stringify(constants, undefined, 2)}\n`);
  await rewrite(join(root, 'docs/scaling.md'), (page) => {
    const withConstants = replaceMarked(page, 'scaling:constants', constantsTable(constants));
    return replaceMarked(withConstants, 'scaling:table', scalingTable(constants));
  });
}
