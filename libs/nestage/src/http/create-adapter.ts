import type { INestApplication } from '@nestjs/common';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { OptionError } from '../common/option-checks.js';
import { jsonProtocol } from '../core/protocol/json.protocol.js';
import { RequestError } from '../core/errors/service-errors.js';
import { ContextOpener } from './context/context-opener.js';
import type { FastifyReply, FastifyRequest } from './fastify/bind-fastify.js';
import { ErrorResponder } from './reply/error-responder.js';
import { defaultedResponse } from './server/default-headers.js';

/** Proxies that are believed: none, so many, or those of these addresses and networks. @publicApi */
export type TrustProxy = false | number | readonly string[];

/** An adapter that is made before the app, with what ties it to the app's providers once they exist. @internal */
export interface CreatedAdapter {
  readonly adapter: AbstractHttpAdapter;
  readonly attach: (app: INestApplication) => void;
}

/**
 * Makes the HTTP adapter of a name. Only the package of the one that is asked for needs to be installed.
 * @throws Error naming the package that is missing
 * @internal
 */
export async function createAdapter(
  given: 'express' | 'fastify' | AbstractHttpAdapter,
  trustProxy: TrustProxy = false,
): Promise<CreatedAdapter> {
  if (typeof given !== 'string') {
    if (trustProxy === false) return { adapter: given, attach: () => undefined };
    throw new OptionError('"trustProxy" needs an adapter by name: set it on the adapter that is given (given in startWebService()).');
  }
  return given === 'express' ? createExpress(trustProxy) : createFastify(trustProxy);
}

async function createExpress(trustProxy: TrustProxy): Promise<CreatedAdapter> {
  const { StageExpressAdapter } = await import('./express/stage-express.adapter.js');
  const adapter = new StageExpressAdapter();
  adapter.disable('x-powered-by'); // nobody needs to know
  if (trustProxy !== false) adapter.set('trust proxy', trustProxy);
  return { adapter, attach: () => undefined };
}

/** Fastify answers a URL that it can't decode past all hooks and filters, unless it is told to call us. */
async function createFastify(trustProxy: TrustProxy): Promise<CreatedAdapter> {
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  let answer: ((error: Error, request: FastifyRequest, reply: FastifyReply) => void) | undefined;
  const adapter = new FastifyAdapter({
    trustProxy: trusted(trustProxy),
    http: { ServerResponse: defaultedResponse() },
    frameworkErrors: (error: Error, request: unknown, reply: unknown) => answer?.(error, request as FastifyRequest, reply as FastifyReply),
  } as never);
  const attach = (app: INestApplication): void => {
    const [opener, responder] = [app.get(ContextOpener), app.get(ErrorResponder, { strict: false })];
    answer = (cause, request, reply) => {
      const context = opener.open(request.raw, reply.raw);
      const error = new RequestError('The URL holds a broken percent-encoding', { code: 'bad_url', cause });
      responder.answer(error, reply, context, jsonProtocol);
    };
  };
  return { adapter: adapter as unknown as AbstractHttpAdapter, attach };
}

/** Fastify believes nobody by a number alone, where Express counts: so it is told how to count. */
function trusted(trustProxy: TrustProxy): false | string[] | ((address: string, hop: number) => boolean) {
  if (typeof trustProxy === 'number') return (_address, hop) => hop < trustProxy;
  return trustProxy && [...trustProxy];
}
