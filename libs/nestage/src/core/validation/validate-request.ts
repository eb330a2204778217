import type { StageRoute } from '../discovery/stage-route.js';
import { ValidationError } from '../errors/service-errors.js';
import { checkAgainst } from './check-against.js';
import { describeFields } from './field-errors.js';

const UNDECLARED = { ignore: 'drop', keep: 'keep', refuse: 'refuse' } as const;

/**
 * The request as an instance of the route's DTO, or as it is when the route takes any.
 * @throws ValidationError naming each bad field
 * @internal
 */
export async function validateRequest(route: StageRoute, body: unknown): Promise<unknown> {
  if (!route.request) return body;
  const checked = await checkAgainst(route.request, body, UNDECLARED[route.unknownFields]);
  if (!checked.errors) return checked.instance;
  throw new ValidationError(describeFields(checked.errors), { fields: checked.errors, status: route.validationStatus });
}
