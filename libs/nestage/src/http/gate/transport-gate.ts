import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import type { RequestContext } from '../../core/context/request-context.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { RequestError } from '../../core/errors/service-errors.js';
import { RESOLVED_OPTIONS, type ResolvedWebServiceOptions } from '../../core/options/web-service.options.js';
import { RequestOpenings } from '../../core/pipeline/request-openings.js';
import { jsonProtocol } from '../../core/protocol/json.protocol.js';
import { BodyBudget } from '../body/body-budget.js';
import { BodyTaps } from '../body/body-taps.js';
import type { ReadingOutcome } from '../body/collect-body.js';
import { readBody } from '../body/read-body.js';
import { RequestIntake } from '../body/request-intake.js';
import { TemporaryFiles } from '../body/temporary-files.js';
import { ContextOpener } from '../context/context-opener.js';
import { ManagementListener } from '../builtin/management-listener.js';
import { GateChecks, type GateVisit } from './gate-checks.js';
import { ErrorResponder } from '../reply/error-responder.js';
import type { AdapterResponse } from '../request-of.js';
import { pathOf, RouteTable, type TableRoute } from './route-table.js';

/** A request whose route is known. @internal */
export interface StageVisit {
  readonly request: IncomingMessage;
  readonly route: StageRoute;
  readonly context: RequestContext;
}

/**
 * What every request passes before the adapter's own parsers and routes: its context is opened, it is refused where it can't be served,
 * and the body of a stage route is read. Shared by the adapters, so that they behave alike.
 * @internal
 */
@Injectable()
export class TransportGate {
  private readonly budget: BodyBudget;

  constructor(
    private readonly opener: ContextOpener,
    readonly table: RouteTable,
    private readonly responder: ErrorResponder,
    private readonly management: ManagementListener,
    private readonly openings: RequestOpenings,
    private readonly files: TemporaryFiles,
    private readonly checks: GateChecks,
    private readonly taps: BodyTaps,
    @Inject(RESOLVED_OPTIONS) private readonly options: ResolvedWebServiceOptions,
  ) {
    this.budget = new BodyBudget(options.maxBodyBytesInFlight);
  }

  open(request: IncomingMessage, response: ServerResponse): RequestContext {
    return this.opener.open(request, response);
  }

  /** @throws RequestError for a request without a Host, a URL that can't be decoded, or a path that is not served on this listener */
  admit(request: IncomingMessage): void {
    refuseMissingHost(request);
    if (this.options.takeOver) refuseBadUrl(request.url);
    if (this.management.isMisdirected(request, this.table)) {
      throw new RequestError(`No route for ${request.method ?? ''} ${pathOf(request.url)}`, { code: 'not_found' });
    }
  }

  /** Whether rooms check requests at all. */
  get isChecked(): boolean {
    return this.checks.isUsed;
  }

  /** Asks the rooms' checks, before the body is read. @returns undefined when there is nothing to wait for; rejects to refuse the request */
  check(visit: GateVisit, served: () => TableRoute): Promise<void> | undefined {
    return this.checks.atGate(visit, served);
  }

  /** Reads the body of a stage route, once; what begins with the route, such as its deadline, begins before. */
  receiveBody({ request, route, context }: StageVisit, outcome: ReadingOutcome<unknown>): void {
    const { budget, files } = this;
    try {
      this.openings.open(route, context);
      if (this.taps.isUsed) {
        const contentType = request.headers['content-type'] ?? '';
        this.taps.tell({ request, route, context, intake: () => new RequestIntake({ contentType, context, budget, files }) });
      }
    } catch (error) {
      return outcome.failed(error);
    }
    readBody({ request, route, context, budget, files }, outcome);
  }

  /** Answers an error that was met before any controller. */
  refuse(error: unknown, response: AdapterResponse, context: RequestContext, route: StageRoute | undefined): void {
    context.path ||= route?.path ?? '';
    this.responder.answer(error, response, context, route?.protocol ?? jsonProtocol);
  }
}

/** Node would refuse it by itself and tell nobody: `hardenServer` leaves it to us. @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2 */
function refuseMissingHost({ headers, httpVersion }: IncomingMessage): void {
  if (headers.host !== undefined || httpVersion !== '1.1') return;
  throw new RequestError('The request names no host', { code: 'client_error', headers: { connection: 'close' } });
}

function refuseBadUrl(url = '/'): void {
  if (!url.includes('%')) return;
  try {
    decodeURIComponent(pathOf(url));
  } catch (cause) {
    throw new RequestError('The URL holds a broken percent-encoding', { code: 'bad_url', cause });
  }
}
