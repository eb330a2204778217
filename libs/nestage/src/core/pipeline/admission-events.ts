import type { AbortCause } from '../context/request-aborted.error.js';
import type { StageEventOrigin } from './stage-event-origin.js';

/** A request got its permit, after `waitedMs` in the waiting room (0 when it found a free one). @publicApi */
export interface AdmissionAdmittedEvent extends StageEventOrigin {
  readonly type: 'admission.admitted';
  readonly waitedMs: number;
}

/** A request found no free permit and entered the waiting room. @publicApi */
export interface AdmissionWaitingEvent extends StageEventOrigin {
  readonly type: 'admission.waiting';
}

/** A request left the waiting room without a permit: its signal fired, or `queueTimeoutMs` passed. @publicApi */
export interface AdmissionLeftEvent extends StageEventOrigin {
  readonly type: 'admission.left';
  readonly cause: AbortCause | 'queue_timeout';
  readonly waitedMs: number;
}

/** A request was refused because the waiting room is full (503 `overloaded`). @publicApi */
export interface AdmissionRefusedEvent extends StageEventOrigin {
  readonly type: 'admission.refused';
  readonly retryAfterSeconds: number;
}

/** A permit was taken back from work that went on for `abandonedPermitMs` after its signal: the work itself may still be running. @publicApi */
export interface PermitReclaimedEvent extends StageEventOrigin {
  readonly type: 'admission.reclaimed';
}
