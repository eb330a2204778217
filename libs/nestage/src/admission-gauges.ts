import { Injectable } from '@nestjs/common';
import { StageGauges } from './core/pipeline/stage-gauges.js';
import { type AdmissionGauges, AdmissionState } from './resilience/admission/admission-state.js';

/**
 * Offers the figures of the admission to the metrics: the two rooms don't know each other.
 * @internal
 */
@Injectable()
export class AdmissionGaugeSource {
  constructor(gauges: StageGauges, state: AdmissionState) {
    const provide = (name: string, help: string, field: keyof AdmissionGauges): void =>
      gauges.provide({ name, help, read: () => state.paths.map((path) => [path, state.of(path)?.[field] ?? 0] as const) });
    provide('permits_in_use', 'Permits that are out, those of abandoned work included.', 'inFlight');
    provide('permits_limit', 'Most permits that may be out.', 'concurrency');
    provide('permits_abandoned', 'Permits held by work that goes on although its request is over.', 'abandoned');
    provide('requests_waiting', 'Requests in the waiting room, for a permit.', 'waiting');
    provide('waiting_room_size', 'Places in the waiting room.', 'queue');
  }
}
