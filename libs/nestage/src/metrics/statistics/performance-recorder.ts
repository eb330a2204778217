import { marksOf } from '../../core/context/request-marks.js';
import { endOf, RequestEvents } from '../../core/context/request-events.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import type { DurationRecorder, PerformanceMonitor } from './performance-monitor.js';
import type { StageTimes, StageTimesListener } from '../stage-timer.js';

/**
 * Records each stage as `<handler>.<stage>`, and as `<handler>` each whole request that came as far as a stage.
 * @internal
 */
export class PerformanceRecorder implements StageTimesListener {
  private readonly byHandler = new Map<string, DurationRecorder>();

  constructor(
    private readonly monitor: PerformanceMonitor,
    requests: RequestEvents,
  ) {
    requests.observe({
      finished: (request) => {
        const { context, durationMs } = request;
        if (!context.handlerName || marksOf(context).stagesMs.preProcess === undefined) return;
        this.of(context.handlerName)(durationMs, endOf(request));
      },
    });
  }

  forRoute({ name }: StageRoute): StageTimes {
    const { monitor } = this;
    return {
      preProcess: monitor.recorder(`${name}.preProcess`),
      run: monitor.recorder(`${name}.run`),
      postProcess: monitor.recorder(`${name}.postProcess`),
    };
  }

  private of(handler: string): DurationRecorder {
    const known = this.byHandler.get(handler);
    if (known) return known;
    const recorder = this.monitor.recorder(handler);
    this.byHandler.set(handler, recorder);
    return recorder;
  }
}
