import { isWebServiceError, ProcessingError, type StageContext } from 'nestage';

/** What is done to each document, in this order. */
export type StepName = 'open' | 'enhance' | 'recognise' | 'clean';

/**
 * One step of the work on a page: told in the log with what it took. What fails in it unforeseen is a failure of this step.
 * @param what the document or page, for the log
 * @throws ProcessingError `image_processing_error` naming the step; errors that say what they are, and the request's own abort, as they are
 */
export async function documentStep<T>(
  name: StepName,
  what: string,
  { logger, signal }: StageContext,
  work: () => T | Promise<T>,
): Promise<T> {
  const startedAt = performance.now();
  try {
    const result = await work();
    logger.info(`Document step ${name}: ${what}, ${(performance.now() - startedAt).toFixed(1)} ms`);
    return result;
  } catch (error) {
    if (isWebServiceError(error) || signal.aborted) throw error;
    throw new ProcessingError(`The step "${name}" failed on ${what}`, { code: 'image_processing_error', cause: error });
  }
}
