import { Injectable } from '@nestjs/common';
import type { StageRoute } from '../discovery/stage-route.js';
import { StageEvents } from './stage-events.js';
import { StagePipeline } from './stage-pipeline.js';
import { StagePlugins } from './stage-plugins.js';

/**
 * The pipeline of each route, composed when it is first asked for: every room has registered its middleware by then.
 * @internal
 */
@Injectable()
export class StagePipelines {
  private readonly composed = new Map<StageRoute, StagePipeline>();

  constructor(
    private readonly plugins: StagePlugins,
    private readonly events: StageEvents,
  ) {}

  of(route: StageRoute): StagePipeline {
    const known = this.composed.get(route);
    if (known) return known;
    const pipeline = new StagePipeline(route, this.plugins, this.events);
    this.composed.set(route, pipeline);
    return pipeline;
  }
}
