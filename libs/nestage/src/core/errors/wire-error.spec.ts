import { RequestAbortedError } from '../context/request-aborted.error.js';
import { classifyError } from './classify-error.js';
import { BusinessError, FatalError, ModelError, ProcessingError, RequestError, SystemError, ValidationError } from './service-errors.js';
import { WebServiceError } from './web-service.error.js';
import { fromWireError, toWireError } from './wire-error.js';

const sent = (thrown: unknown): Error => fromWireError(structuredClone(toWireError(thrown)));

class ToolError extends ModelError {
  override readonly name = 'ToolError';
  readonly tool = 'hammer';
}

describe('an error that crosses threads', () => {
  it.each([
    new WebServiceError('a', { code: 'overloaded', retryAfterSeconds: 7 }),
    new BusinessError('b', { status: 409 }),
    new ValidationError('c', { code: 'corrupt_file', fields: [{ field: 'file', messages: ['is corrupt'] }] }),
    new SystemError('d'),
    new ModelError('e', { code: 'model_timeout' }),
    new ProcessingError('f', { code: 'image_processing_error' }),
    new FatalError('g'),
    new RequestError('h', { code: 'not_ready' }),
    new RequestAbortedError('deadline'),
    new ToolError('i', { code: 'model_overloaded', retryAfterSeconds: 3 }),
  ])('keeps class, code, tier and all else: %s', (error) => {
    const copy = sent(error);
    expect(copy).toBeInstanceOf(error instanceof ToolError ? ModelError : error.constructor);
    expect(classifyError(copy)).toEqual(classifyError(error));
    expect([copy.name, copy.message, copy.stack]).toEqual([error.name, error.message, error.stack]);
    expect({ ...copy, name: error.name }).toMatchObject({ ...error });
  });

  it('keeps its causes, down to a bound', () => {
    const root = Object.assign(new TypeError('root'), { code: 'E_ROOT' });
    const copy = sent(new ModelError('top', { cause: new Error('middle', { cause: root }) }));
    expect(copy.cause).toMatchObject({ message: 'middle', cause: { name: 'TypeError', message: 'root', code: 'E_ROOT' } });
    const round = new Error('round');
    round.cause = round;
    let depth = 0;
    for (let each: unknown = sent(round); each instanceof Error; each = each.cause) depth++;
    expect(depth).toBe(8);
  });

  it('is an Error whatever was thrown', () => {
    expect(sent('a text')).toMatchObject({ name: 'Error', message: 'a text' });
    expect(sent(undefined)).toMatchObject({ message: 'undefined' });
    const hostile = new Proxy(new Error('x'), {
      get() {
        throw new Error('do not look at me');
      },
    });
    expect(sent(hostile)).toMatchObject({ message: 'an error that throws when it is looked at' });
    expect(sent(Object.assign(new Error('y'), { callback: () => 1, code: 'E_Y' }))).toMatchObject({ message: 'y', code: 'E_Y' });
  });
});
