/**
 * What is wrong with the service as it is written, found before it serves anything. Lists every fault at once.
 * @publicApi
 */
export class StartFaultError extends Error {
  override readonly name = 'StartFaultError';

  constructor(readonly faults: readonly string[]) {
    super(faults.length === 1 ? faults[0] : `${faults.length} faults:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}
