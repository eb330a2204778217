import { Injectable } from '@nestjs/common';
import type { StageContext } from '../context/stage-context.js';
import { classifyError, type ClassifiedError } from './classify-error.js';

/** Where in a request's way an error was met. @publicApi */
export type ErrorPlace = 'request' | 'response' | 'stage' | 'initialize' | 'health';

/** One error as it is told to the log, the metrics and the alerts. @publicApi */
export interface ErrorReport extends ClassifiedError {
  readonly thrown: unknown;
  readonly place: ErrorPlace;
  /** The request it belongs to, if any. */
  readonly context: StageContext | undefined;
}

/** Hears of every error once. Must not throw; what it throws is dropped. @publicApi */
export type ErrorObserver = (report: ErrorReport) => void;

/**
 * Tells each error to every observer, once, where it is handled.
 * @publicApi
 */
@Injectable()
export class ErrorReporter {
  private readonly observers: ErrorObserver[] = [];

  observe(observer: ErrorObserver): void {
    this.observers.push(observer);
  }

  report(thrown: unknown, place: ErrorPlace, context?: StageContext): void {
    const report: ErrorReport = { ...classifyError(thrown), thrown, place, context };
    for (const observer of this.observers) {
      try {
        observer(report);
      } catch {
        // an observer that fails must not turn one error into two
      }
    }
  }
}
