import { Injectable } from '@nestjs/common';
import type { StageRoute } from '../discovery/stage-route.js';
import { StageEvents } from './stage-events.js';
import { StagePipeline } from './stage-pipeline.js';
import { StagePlugins } from './stage-plugins.js';
import { StageWork } from './stage-work.js';

/**
 * The pipeline of each route, composed when it is first asked for: every room has registered its middleware by then.
 * @internal
 */
@Injectable()
export class StagePipelines {
  private readonly composed = new Map<StageRoute, StagePipeline>();
  private readonly works = new Map<StageRoute, StageWork>();

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

  /** The part of a route that is done for requests of other processes. */
  workOf(route: StageRoute): StageWork {
    const known = this.works.get(route);
    if (known) return known;
    const work = new StageWork(route, this.plugins, this.events);
    this.works.set(route, work);
    return work;
  }
}
