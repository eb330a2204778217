import { marksOf } from '../../core/context/request-marks.js';
import { RequestEvents } from '../../core/context/request-events.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import type { StageName } from '../../core/pipeline/stage-middleware.js';
import type { PerformanceMonitor } from './performance-monitor.js';
import type { StageTimes, StageTimesListener } from '../stage-timer.js';

/**
 * Records each stage as `<handler>.<stage>`, and as `<handler>` each whole request that came as far as a stage.
 * @internal
 */
export class PerformanceRecorder implements StageTimesListener {
  constructor(
    private readonly monitor: PerformanceMonitor,
    requests: RequestEvents,
  ) {
    requests.observe({
      finished: ({ context, durationMs }) => {
        if (!context.handlerName || marksOf(context).stagesMs.preProcess === undefined) return;
        monitor.record(context.handlerName, durationMs);
      },
    });
  }

  forRoute({ name }: StageRoute): StageTimes {
    const names: Record<StageName, string> = { preProcess: `${name}.preProcess`, run: `${name}.run`, postProcess: `${name}.postProcess` };
    return { stage: (stage, durationMs) => this.monitor.record(names[stage], durationMs) };
  }
}
