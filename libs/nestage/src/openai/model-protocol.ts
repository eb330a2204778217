import { RequestError, ValidationError } from '../core/errors/service-errors.js';
import { openAiErrors } from './openai-error.js';
import { MODELS, type ServesModels } from './serves-models.js';

/** What the protocols of routes that serve models have in common. @internal */
export abstract class ModelProtocol implements ServesModels {
  /** Clients send `Accept: application/json` for streams, too. */
  readonly ignoresAccept = true;
  readonly encodeError = openAiErrors.encodeError;
  readonly errorHeaders = openAiErrors.errorHeaders;
  readonly askedTimeoutMs = openAiErrors.askedTimeoutMs;
  readonly [MODELS]: readonly string[];

  constructor(models: readonly string[]) {
    this[MODELS] = models;
  }

  /** The model that a request names, the first one if it names none. @throws RequestError `model_not_found` */
  protected modelOf(asked: string | null | undefined): string {
    const models = this[MODELS];
    if (!asked) return models[0];
    if (models.includes(asked)) return asked;
    throw new RequestError(`The model '${asked}' does not exist. Use ${models.join(' or ')}`, { code: 'model_not_found' });
  }
}

/** Tells a client which field of its request can't be served as it is. @internal */
export function refusal(field: string, what: string): ValidationError {
  return new ValidationError(`${field} ${what}`, { fields: [{ field, messages: [`${field} ${what}`] }] });
}
