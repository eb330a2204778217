import type { IncomingMessage, ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { contextStorage } from '../../core/context/context-storage.js';
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
import { type AdapterResponse, rawRequest } from '../request-of.js';
import { pathOf, RouteTable, type TableRoute } from './route-table.js';

/** A request whose route is known. @internal */
export interface StageVisit {
  readonly request: IncomingMessage;
  readonly route: StageRoute;
  readonly context: RequestContext;
}

/** A request at the gate, and where it goes from there. @internal */
export interface Entrance extends GateVisit {
  /** What will answer it, as far as the adapter knows before its router has run. */
  served(): TableRoute;
  /** It is let in. */
  passed(): void;
  /** It is not. */
  failed(error: unknown): void;
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

  /** Lets a request in, within its context, or refuses it: before its body is read, and at once where no room has to check it first. */
  enter(entrance: Entrance): void {
    contextStorage.run(entrance.context, letIn, this, entrance);
  }

  /** @see enter @internal */
  letIn(entrance: Entrance): void {
    let checking: Promise<void> | undefined;
    try {
      this.admit(rawRequest(entrance.request));
      checking = this.checks.atGate(entrance);
    } catch (error) {
      return entrance.failed(error);
    }
    if (!checking) return entrance.passed();
    checking.then(
      () => entrance.passed(),
      (error: unknown) => entrance.failed(error),
    );
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

  /** @throws RequestError for a request without a Host, a URL that can't be decoded, or a path that is not served on this listener */
  private admit(request: IncomingMessage): void {
    refuseMissingHost(request);
    if (this.options.takeOver) refuseBadUrl(request.url);
    if (this.management.isMisdirected(request, this.table)) {
      throw new RequestError(`No route for ${request.method ?? ''} ${pathOf(request.url)}`, { code: 'not_found' });
    }
  }
}

const letIn = (gate: TransportGate, entrance: Entrance): void => gate.letIn(entrance);

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
