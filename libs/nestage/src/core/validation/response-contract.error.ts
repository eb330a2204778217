import { SystemError } from '../errors/service-errors.js';

/** The handler broke its own contract: logged with what was wrong, hidden from the client. @internal */
export class ResponseContractError extends SystemError {
  override readonly name = 'ResponseContractError';

  constructor(message: string) {
    super(message, { code: 'invalid_response' });
  }
}
