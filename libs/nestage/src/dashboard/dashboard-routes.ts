import { type ExecutionContext, Inject, Injectable, StreamableFile } from '@nestjs/common';
import type { RequestContext } from '../core/context/request-context.js';
import type { BuiltInReply, BuiltInRouteInit } from '../http/builtin/builtin-controller.factory.js';
import { DetailAccess } from '../http/builtin/detail-access.js';
import { ReplyStream } from '../http/reply/reply-stream.js';
import { STREAM_HEADERS } from '../http/reply/stage-reply.js';
import { type AdapterRequest, contextOf } from '../http/request-of.js';
import { ServiceRoutes } from '../http/service-routes.js';
import { BreakerReset } from './breaker-reset.js';
import { RESOLVED_DASHBOARD_OPTIONS, type ResolvedDashboardOptions } from './dashboard.options.js';
import { LiveFigures } from './live-figures.js';
import { PageFiles } from './page-files.js';
import { PlaygroundCatalogue } from './playground-catalogue.js';

/** The page, its files, its stream of figures, and what its playground offers; all of them for operators. @internal */
@Injectable()
export class DashboardRoutes {
  constructor(
    private readonly files: PageFiles,
    private readonly figures: LiveFigures,
    private readonly catalogue: PlaygroundCatalogue,
    private readonly breakers: BreakerReset,
    private readonly access: DetailAccess,
    private readonly service: ServiceRoutes,
    @Inject(RESOLVED_DASHBOARD_OPTIONS) private readonly options: ResolvedDashboardOptions,
  ) {}

  routes(): readonly BuiltInRouteInit[] {
    const { path } = this.options;
    if (path === undefined) return [];
    const { files, catalogue } = this;
    return [
      { ...this.page('DashboardController', path, () => files.page(this.service.withPrefix(path))), title: 'status page' },
      this.page('DashboardFileController', `${path}/files/:name`, (execution) => files.file(nameOf(execution))),
      this.page('DashboardCatalogueController', `${path}/catalogue`, () => ({ status: 200, body: catalogue.entries(), headers: FRESH })),
      this.page('DashboardStreamController', `${path}/figures`, (execution) => this.live(execution)),
      {
        name: 'DashboardBreakerController',
        method: 'POST',
        path: `${path}/breakers/reset`,
        handle: (execution) => this.breakers.handle(execution),
      },
    ];
  }

  private page(name: string, path: string, reply: (execution: ExecutionContext) => BuiltInReply | Promise<BuiltInReply>): BuiltInRouteInit {
    const handle = async (execution: ExecutionContext): Promise<BuiltInReply> => {
      await this.access.assertAllowed(execution);
      return reply(execution);
    };
    return { name, path, handle };
  }

  /** A stream, or one set of figures for a page that gets no streams, as behind a proxy that holds them back. */
  private async live(execution: ExecutionContext): Promise<BuiltInReply> {
    const context = contextOf(execution.switchToHttp().getRequest<AdapterRequest>()) as RequestContext;
    if (context.headers['accept'] === 'application/json') {
      return { status: 200, headers: FRESH, contentType: 'application/json; charset=utf-8', body: await this.figures.text() };
    }
    const chunks = new ReplyStream(this.figures.stream(context.signal), context);
    const body = new StreamableFile(chunks, { type: 'text/event-stream; charset=utf-8' });
    return { status: 200, headers: STREAM_HEADERS, body };
  }
}

const FRESH = { 'cache-control': 'no-store' };

const nameOf = (execution: ExecutionContext): string =>
  (execution.switchToHttp().getRequest<AdapterRequest>().params as { readonly name: string }).name;
