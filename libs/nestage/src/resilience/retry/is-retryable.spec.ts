import { BadRequestException, ServiceUnavailableException } from '@nestjs/common';
import { RequestAbortedError } from '../../core/context/request-aborted.error.js';
import { BusinessError, FatalError, ModelError, RequestError, ValidationError } from '../../core/errors/service-errors.js';
import { isRetryable } from './is-retryable.js';
import { upstreamAnswerOf } from '../upstream-answer.js';

const upstream = (status: number, more: object = {}): Error => Object.assign(new Error(`upstream ${status}`), { status, ...more });

describe(isRetryable.name, () => {
  it.each<[string, unknown]>([
    ['a model error', new ModelError('failed')],
    ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['an unknown error', new Error('?')],
    ['a thrown string', 'oops'],
    ['null', null],
    ['408 of an upstream', upstream(408)],
    ['429 of an upstream', new ModelError('busy', { cause: upstream(429) })],
    ['503 of an upstream', { response: { status: 503 } }],
    ['a 503 of Nest', new ServiceUnavailableException()],
  ])('takes %s for something that may pass', (_name, error) => expect(isRetryable(error)).toBe(true));

  it.each<[string, unknown]>([
    ['a wrong request', new ValidationError('wrong')],
    ['a business error', new BusinessError('no')],
    ['a 400 of Nest', new BadRequestException()],
    ['a fatal error', new FatalError('lost')],
    ['a client that left', new RequestAbortedError('client_closed')],
    ['what a room of ours refused', new RequestError('full', { code: 'overloaded' })],
    ['the shutdown', new RequestAbortedError('shutdown')],
    ['400 of an upstream', new ModelError('refused', { cause: upstream(400) })],
    ['401 of an upstream', upstream(401)],
    ['404 of an upstream', Object.assign(new Error(), { statusCode: 404 })],
  ])('takes %s for something that stays', (_name, error) => expect(isRetryable(error)).toBe(false));
});

describe(upstreamAnswerOf.name, () => {
  it('reads the wait that an upstream asked for, from our error, its headers or its response', () => {
    expect(upstreamAnswerOf(new ModelError('busy', { retryAfterSeconds: 4 })).retryAfterSeconds).toBe(4);
    expect(upstreamAnswerOf(upstream(429, { headers: new Headers({ 'retry-after': '5' }) }))).toEqual({
      status: 429,
      retryAfterSeconds: 5,
    });
    const cause = { response: { status: 503, headers: { 'retry-after': '6' } } };
    expect(upstreamAnswerOf(new ModelError('busy', { cause }))).toEqual({ status: 503, retryAfterSeconds: 6 });
  });

  it('leaves alone what it does not understand, and never throws', () => {
    const trap = new Proxy({}, { get: () => { throw new Error('trap'); } }); // prettier-ignore
    const loop: { cause?: unknown } = {};
    loop.cause = loop;
    for (const odd of [
      undefined,
      null,
      7,
      'text',
      trap,
      loop,
      { status: 200 },
      { status: '500' },
      upstream(500, { headers: { 'retry-after': 'Wed' } }),
    ]) {
      expect(upstreamAnswerOf(odd).retryAfterSeconds).toBeUndefined();
    }
  });
});
