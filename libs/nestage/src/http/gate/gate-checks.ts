import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../../core/context/request-context.js';
import type { ErrorCode } from '../../core/errors/error-catalogue.js';
import { type AdapterRequest, type AdapterResponse, rawRequest, rawResponse } from '../request-of.js';
import { isStageRoute, pathOf, type TableRoute } from './route-table.js';

/**
 * What a request goes to: a stage route, a route for operators, one that shows its details to some only (`/health`), one that shows each
 * client what is its own (`/jobs/:id`), or anything else of the app. Liveness and readiness are never asked about.
 * @internal
 */
export type GateKind = 'stage' | 'operator' | 'status' | 'client' | 'other';

/** A request as a check sees it. @internal */
export interface GateRequest {
  readonly context: RequestContext;
  readonly kind: GateKind;
  readonly method: string;
  /** As it was declared, for routes of the service; else that of the URL. */
  readonly path: string;
  /** Path that it has been counted at already, where it came within another request. */
  readonly countedAs?: string;
  /** Address of the client, by what the adapter knows of the proxies before it. */
  readonly address: string;
  /** Sets a header of the answer, whatever that will be. */
  readonly setHeader: (name: string, value: string) => void;
}

/** What a room demands of requests before anything is done for them. @internal */
export interface GateCheck {
  /** Whether it lets only those in whom it knows. */
  readonly isIdentifying: boolean;
  /** Codes that it refuses requests with. */
  readonly refusals: readonly ErrorCode[];
  covers(kind: GateKind): boolean;
  /** @throws WebServiceError to refuse the request */
  check(request: GateRequest): Promise<void>;
}

/** @internal */
export interface GateVisit {
  readonly request: AdapterRequest;
  readonly response: AdapterResponse;
  readonly context: RequestContext;
}

const PASSED = Symbol('nestage:gate-passed');

/**
 * Where rooms register what requests must pass. They are asked at the gate, before a body is read; and once more by the controller, for
 * what the gate did not know to be a request to it: HEAD, an encoded path, a route behind a rewriting middleware.
 * @internal
 */
@Injectable()
export class GateChecks {
  private readonly checks: GateCheck[] = [];
  private readonly operatorPages: string[] = [];

  /** Whether there is any. */
  get isUsed(): boolean {
    return this.checks.length > 0;
  }

  use(check: GateCheck): void {
    this.checks.push(check);
  }

  /** Makes a page that others serve one for operators: the path itself, what is below it, and its forms `-json` and `-yaml`. */
  addOperatorPage(path: string): void {
    this.operatorPages.push(plain(path));
  }

  /** Whether the service lets only those in whom it knows. */
  get isIdentifying(): boolean {
    return this.checks.some((check) => check.isIdentifying);
  }

  /** Codes that requests are refused with before they reach their route. */
  get refusals(): readonly ErrorCode[] {
    return [...new Set(this.checks.flatMap((check) => check.refusals))];
  }

  /** @returns undefined when there is nothing to wait for; rejects to refuse the request */
  atGate(visit: GateVisit & { served(): TableRoute }): Promise<void> | undefined {
    if (!this.isUsed) return undefined;
    const raw = rawRequest(visit.request);
    const path = pathOf(raw.url);
    if (this.isOperatorPage(path)) return this.pass('operator', path, visit);
    const route = visit.served();
    if (isStageRoute(route)) return this.pass('stage', route.path, visit);
    if (route !== undefined || isPreflight(raw)) return undefined; // the controller of a built-in route asks itself
    return this.pass('other', path, visit);
  }

  /** For a controller of ours, before it does anything. @returns undefined when there is nothing to wait for */
  atController(kind: GateKind, path: string, visit: GateVisit): Promise<void> | undefined {
    return this.isUsed ? this.pass(kind, path, visit) : undefined;
  }

  /** For a request within another that has passed, such as a call of a tool: what the checks demand of its own path. @throws as `check` */
  async passAlso(request: GateRequest): Promise<void> {
    for (const check of this.checks) if (check.covers(request.kind)) await check.check(request);
  }

  private pass(kind: GateKind, path: string, { request, response, context }: GateVisit): Promise<void> | undefined {
    const covering = this.checks.filter((check) => check.covers(kind));
    const mark = `${kind} ${path}`;
    if (covering.length === 0 || context.state.get(PASSED) === mark) return undefined;
    const asked: GateRequest = {
      context,
      kind,
      path,
      method: rawRequest(request).method ?? '',
      address: addressOf(request),
      setHeader: (name, value) => void rawResponse(response).setHeader(name, value),
    };
    return (async () => {
      for (const check of covering) await check.check(asked);
      context.state.set(PASSED, mark);
    })();
  }

  private isOperatorPage(path: string): boolean {
    if (this.operatorPages.length === 0) return false;
    const asked = plain(path);
    return this.operatorPages.some(
      (page) => asked === page || asked.startsWith(`${page}/`) || asked === `${page}-json` || asked === `${page}-yaml`,
    );
  }
}

/** As the router that is most tolerant would read it. */
function plain(path: string): string {
  try {
    return `/${decodeURIComponent(path).toLowerCase().split('/').filter(Boolean).join('/')}`;
  } catch {
    return path; // no router takes it
  }
}

/** A browser asks without any key whether it may send one. */
const isPreflight = ({ method, headers }: ReturnType<typeof rawRequest>): boolean =>
  method === 'OPTIONS' && headers.origin !== undefined && headers['access-control-request-method'] !== undefined;

/** Both adapters tell it under the same name, Express by its setting `trust proxy`, Fastify by `trustProxy`. @internal */
export function addressOf(request: AdapterRequest): string {
  return (request as { readonly ip?: string }).ip ?? rawRequest(request).socket?.remoteAddress ?? 'unknown';
}
