import {
  BadRequestException,
  type CanActivate,
  Controller,
  type ExecutionContext,
  HttpException,
  Injectable,
  InternalServerErrorException,
  type NestInterceptor,
  Post,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import fc from 'fast-check';
import { BusinessError, FatalError, ModelError, ProcessingError, StageContext, StageHandler, SystemError, ValidationError } from 'nestage';
import { throwError } from 'rxjs';
import { send } from '../support/raw-http.js';
import { ADAPTERS, startTestService, type TestService } from '../support/test-service.js';

/** Makes something to throw that holds a secret. */
type Thrower = (secret: string) => unknown;

const withGetter = (target: object, key: string, secret: string): object =>
  Object.defineProperty(target, key, {
    get: () => {
      throw new Error(secret);
    },
  });

/** Texts of client errors are shown, so their secrets must be such as can be known by their form. */
const TELLING: readonly ((secret: string) => string)[] = [
  (secret) => `The call failed with Authorization: Bearer ${secret}`,
  (secret) => `Refused for api_key=${secret}`,
  (secret) => `Bad login, password: ${secret}`,
  (secret) => `Can not reach postgres://service:${secret}@db.internal:5432/orders`,
  (secret) => `ENOENT: no such file or directory, open '/srv/keys/${secret}.pem'`,
  (secret) => `Wrong key sk-proj-${secret}`,
  (secret) => `Upstream said {"token": "${secret}", "ok": false}`,
  (secret) => `GET https://inner.example/v1/things?access_token=${secret} gave 401`,
];

const HIDDEN: Readonly<Record<string, Thrower>> = {
  'an Error': (secret) => new Error(secret),
  'an Error named so': (secret) =>
    Object.assign(new TypeError('bad'), { name: secret, code: secret, status: 400, expose: true, headers: { x: secret } }),
  'an Error that pretends to be ours': (secret) =>
    Object.assign(new Error(secret), { code: 'business_error', status: 400, fields: [secret] }),
  'an Error with a stack': (secret) => Object.assign(new Error('bad'), { stack: secret }),
  'a string': (secret) => secret,
  'an array': (secret) => [secret],
  'an object': (secret) => ({ message: secret, status: 400, response: { message: secret } }),
  'a symbol': (secret) => Symbol(secret),
  'a function': (secret) => () => secret,
  'a class': (secret) =>
    class extends Error {
      static readonly secret = secret;
    },
  'a cause': (secret) => new Error('bad', { cause: new Error(secret, { cause: secret }) }),
  'an AggregateError': (secret) => new AggregateError([new Error(secret), secret, null], secret),
  'a cycle': (secret) => {
    const error = new Error(secret);
    return Object.assign(error, { cause: error });
  },
  'an object without a prototype': (secret) => Object.assign(Object.create(null) as object, { message: secret }),
  'an Error whose message throws': (secret) => withGetter(new Error('bad'), 'message', secret),
  'an Error whose stack throws': (secret) => withGetter(new Error('bad'), 'stack', secret),
  'an Error whose name throws': (secret) => withGetter(new Error('bad'), 'name', secret),
  'a proxy whose traps throw': (secret) =>
    new Proxy(
      {},
      {
        get: () => {
          throw new Error(secret);
        },
        has: () => {
          throw new Error(secret);
        },
        getPrototypeOf: () => {
          throw new Error(secret);
        },
        ownKeys: () => {
          throw new Error(secret);
        },
      },
    ),
  'an object that throws when it is made a text': (secret) => ({
    toString: () => {
      throw new Error(secret);
    },
    toJSON: () => {
      throw new Error(secret);
    },
  }),
  'a server HttpException': (secret) =>
    new InternalServerErrorException({ message: secret, detail: secret }, { cause: secret, description: secret }),
  'a server HttpException of a strange status': (secret) => new HttpException(secret, 299),
  'a client HttpException with an object': (secret) => new BadRequestException({ message: 'No', detail: secret, nested: { secret } }),
  'a client HttpException with objects for messages': (secret) => new BadRequestException({ message: [{ secret }, 'No'] }),
  'a client HttpException with an object for a message': (secret) => new HttpException({ message: { secret } }, 400),
  'a client HttpException with a cause': (secret) => new BadRequestException('No', { cause: new Error(secret), description: secret }),
  'an HttpException whose response throws': (secret) =>
    Object.assign(new BadRequestException('No'), {
      getResponse: () => {
        throw new Error(secret);
      },
    }),
  'an HttpException whose status throws': (secret) =>
    Object.assign(new BadRequestException(secret), {
      getStatus: () => {
        throw new Error(secret);
      },
    }),
  ModelError: (secret) => new ModelError(secret, { cause: secret }),
  'ModelError overloaded': (secret) => new ModelError(secret, { code: 'model_overloaded', retryAfterSeconds: 3 }),
  ProcessingError: (secret) => new ProcessingError(secret),
  SystemError: (secret) => new SystemError(secret, { status: 400 }),
  FatalError: (secret) => new FatalError(secret, { cause: new Error(secret) }),
  'BusinessError with a cause': (secret) => new BusinessError('No', { cause: new Error(secret) }),
  'BusinessError with more fields': (secret) => Object.assign(new BusinessError('No'), { secret, headers: { secret }, data: secret }),
  'ValidationError whose fields throw': (secret) => withGetter(new ValidationError('No'), 'fields', secret),
};

const SHOWN: Readonly<Record<string, (text: string) => unknown>> = {
  BusinessError: (text) => new BusinessError(text, { status: 409 }),
  ValidationError: (text) => new ValidationError(text, { fields: [{ field: text, messages: [text, text] }] }),
  'a client HttpException': (text) => new BadRequestException(text),
  'a client HttpException with several messages': (text) => new BadRequestException([text, 'No', text]),
  'a client HttpException with a response': (text) => new HttpException({ message: text, error: text, statusCode: 400 }, 422),
  'a refusal': (text) => new HttpException(text, 401),
};

const secrets = fc.stringMatching(/^[A-Za-z0-9]{20,40}$/).map((text) => `Zq9${text}`);

const throwers = fc.oneof(
  fc.constantFrom(...Object.entries(HIDDEN)).map(([kind, make]) => ({ kind, make })),
  fc.tuple(fc.constantFrom(...Object.entries(SHOWN)), fc.constantFrom(...TELLING)).map(([[kind, make], telling]) => ({
    kind: `${kind}: ${telling('<secret>')}`,
    make: ((secret) => make(telling(secret))) satisfies Thrower,
  })),
);

const PLACES = ['preProcess', 'run', 'rejected', 'postProcess', 'first item', 'later item', 'guard', 'interceptor', 'controller'] as const;
type Place = (typeof PLACES)[number];

/** What the request in hand throws, and where. */
const current: { place: Place; make: () => unknown } = { place: 'run', make: () => undefined };

function throwAt(place: Place): void {
  if (current.place === place) throw current.make();
}

@Injectable()
class ThrowingGuard implements CanActivate {
  canActivate(_execution: ExecutionContext): boolean {
    throwAt('guard');
    return true;
  }
}

const throwingInterceptor: NestInterceptor = {
  intercept: (_execution, next) => (current.place === 'interceptor' ? throwError(current.make) : next.handle()),
};

@UseGuards(ThrowingGuard)
@UseInterceptors(throwingInterceptor)
@StageHandler('/stage', { request: false })
class ThrowingHandler {
  preProcess(_request: unknown, context: StageContext) {
    context.response.setHeader('x-stage', 'passed');
    throwAt('preProcess');
  }

  run(): unknown {
    throwAt('run');
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- as above
    if (current.place === 'rejected') return Promise.reject(current.make());
    return current.place.endsWith('item') ? this.items() : {};
  }

  postProcess(result: unknown) {
    throwAt('postProcess');
    return result;
  }

  private async *items() {
    throwAt('first item');
    yield 1;
    throwAt('later item');
  }
}

@Controller('controller')
class ThrowingController {
  @Post()
  fail() {
    throwAt('controller');
  }
}

describe.each(ADAPTERS)('secrets on %s', (adapter) => {
  let service: TestService;

  beforeAll(async () => {
    const options = { takeOver: true };
    service = await startTestService({ adapter, options, providers: [ThrowingHandler], controllers: [ThrowingController] });
  });
  afterAll(() => service.close());

  it('never leave in a body or a header, whatever is thrown wherever', async () => {
    await fc.assert(
      fc.asyncProperty(throwers, fc.constantFrom(...PLACES), secrets, async ({ make }, place, secret) => {
        Object.assign(current, { place, make: () => make(secret) });
        const path = place === 'controller' ? '/controller' : '/stage';
        const reply = await send(service.url, { path, headers: { 'content-type': 'application/json' }, body: '{}' });
        const answer = JSON.stringify([reply.text, reply.headers]);
        expect(answer).not.toContain(secret);
        expect(reply.status).toBeGreaterThanOrEqual(place === 'later item' ? 200 : 400);
        expect(answer).toContain(reply.headers.logid);
        expect(reply.text).toContain(`"logid":"${reply.headers.logid as string}"`);
      }),
      { numRuns: 400 },
    );
  });

  it.each(Object.keys(HIDDEN))('never leave from %s, whose error is told once', async (kind) => {
    const secret = 'Zq9oneSecretOfManyLetters';
    for (const place of ['run', 'later item'] as const) {
      Object.assign(current, { place, make: () => HIDDEN[kind](secret) });
      const reply = await send(service.url, { path: '/stage', headers: { 'content-type': 'application/json' }, body: '{}' });
      expect(JSON.stringify([reply.text, reply.headers])).not.toContain(secret);
      expect(reply.text).toContain(`"logid":"${reply.headers.logid as string}"`);
      const lines = service.log.of(reply.headers.logid as string);
      expect(lines.filter((line) => /^(request Validation error|Failed to process request): /.test(line))).toHaveLength(1);
      expect(lines.at(-1)).toMatch(place === 'run' ? /^Request finished: POST \/stage [45]\d\d/ : /^Request finished: POST \/stage 200/);
    }
  });
});
