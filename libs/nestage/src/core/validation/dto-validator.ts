import { instanceToInstance, instanceToPlain } from 'class-transformer';
import { isRecord } from '../../common/type-guards.js';
import type { StageRoute } from '../discovery/stage-route.js';
import { ValidationError } from '../errors/service-errors.js';
import { checkAgainst } from './check-against.js';
import { DtoCompiler } from './compiled/dto-compiler.js';
import { describeFields } from './field-errors.js';
import { ResponseContractError } from './response-contract.error.js';

const UNDECLARED_IN_REQUEST = { ignore: 'drop', keep: 'keep', refuse: 'refuse' } as const;
const UNDECLARED_IN_RESPONSE = { strip: 'drop', keep: 'keep', refuse: 'refuse' } as const;

/**
 * Holds requests and responses to the DTOs of their route. What is plainly good passes a compiled check at once; everything else is judged
 * by class-validator itself, and so is every refusal.
 * @internal
 */
export class DtoValidator {
  private readonly compiler: DtoCompiler | undefined;

  /** @param isCompiled `false` leaves every value to class-transformer and class-validator */
  constructor(isCompiled: boolean) {
    this.compiler = isCompiled ? new DtoCompiler() : undefined;
  }

  /**
   * The request as an instance of the route's DTO, or as it is when the route takes any.
   * @throws ValidationError naming each bad field
   */
  request(route: StageRoute, body: unknown): unknown {
    const { request: dto, unknownFields, validationStatus } = route;
    if (!dto) return body;
    const undeclared = UNDECLARED_IN_REQUEST[unknownFields];
    const accepted = isRecord(body) ? this.compiler?.tryAccept(dto, body, undeclared) : undefined;
    if (accepted) return accepted;
    return checkAgainst(dto, body, undeclared).then(({ instance, errors }) => {
      if (!errors) return instance;
      throw new ValidationError(describeFields(errors), { fields: errors, status: validationStatus });
    });
  }

  /**
   * The response as data that keeps the route's response DTO, or as it is when the route declares none.
   * @throws ResponseContractError with each broken rule
   */
  response(route: StageRoute, value: unknown): unknown {
    const { response: dto, undeclaredResponseFields, name } = route;
    if (!dto) return value;
    const undeclared = UNDECLARED_IN_RESPONSE[undeclaredResponseFields];
    const accepted = isRecord(value) && this.compiler?.isPlainOut(dto) ? this.compiler.tryAccept(dto, value, undeclared) : undefined;
    if (accepted) return accepted;
    // An instance may be the handler's own to keep: what the DTO does not declare is stripped from a copy.
    const given: unknown = value instanceof dto ? instanceToInstance(value, { ignoreDecorators: true }) : value;
    return checkAgainst(dto, given, undeclared).then(({ instance, errors }) => {
      if (!errors) return instanceToPlain(instance);
      throw new ResponseContractError(`${name} gave a response that breaks ${dto.name}: ${describeFields(errors)}`);
    });
  }
}
