import { docPageOf } from '../../common/doc-page.js';

/**
 * What is wrong with the service as it is written, found before it serves anything. Lists every fault at once.
 * @publicApi
 */
export class StartFaultError extends Error {
  override readonly name = 'StartFaultError';
  /** The page of the documentation that tells more of the first fault. */
  readonly page: string;

  constructor(readonly faults: readonly string[]) {
    super(faults.length === 1 ? faults[0] : `${faults.length} faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.page = docPageOf(faults[0] ?? '');
  }
}
