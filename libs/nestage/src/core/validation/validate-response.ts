import { instanceToPlain } from 'class-transformer';
import type { StageRoute } from '../discovery/stage-route.js';
import { SystemError } from '../errors/service-errors.js';
import { checkAgainst } from './check-against.js';
import { describeFields } from './field-errors.js';

const UNDECLARED = { strip: 'drop', keep: 'keep', refuse: 'refuse' } as const;

/** The handler broke its own contract: logged with what was wrong, hidden from the client. @internal */
export class ResponseContractError extends SystemError {
  override readonly name = 'ResponseContractError';
}

/**
 * The response as plain data that keeps the route's response DTO, or as it is when the route declares none.
 * @throws ResponseContractError with each broken rule
 * @internal
 */
export async function validateResponse(route: StageRoute, value: unknown): Promise<unknown> {
  if (!route.response) return value;
  const checked = await checkAgainst(route.response, value, UNDECLARED[route.undeclaredResponseFields]);
  if (!checked.errors) return instanceToPlain(checked.instance);
  const broken = describeFields(checked.errors);
  throw new ResponseContractError(`${route.name} gave a response that breaks ${route.response.name}: ${broken}`, {
    code: 'invalid_response',
  });
}
