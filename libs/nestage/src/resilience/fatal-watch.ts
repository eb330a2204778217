import { oneOf } from '../common/option-checks.js';
import type { ErrorReporter } from '../core/errors/error-reporter.js';
import type { StageRuntime } from '../core/initialize/stage-runtime.js';
import type { LogWriter } from '../core/log/log-writer.js';
import type { OptionClaims } from '../core/options/option-claims.js';

declare module '../core/options/web-service.options.js' {
  interface WebServiceOptions {
    /**
     * What a fatal error (tier L4) means. Readiness is false from then on in either case. 'drain-and-exit': under `startWebService` the
     * requests in flight end, then the process does with code 1. 'stay': it goes on, for an operator to look at.
     * @default 'drain-and-exit'
     */
    readonly onFatal?: FatalPolicy;
  }
}

/** What becomes of the process after a fatal error. @publicApi */
export type FatalPolicy = 'drain-and-exit' | 'stay';

/** @internal */
export interface FatalWatchInit {
  readonly reporter: ErrorReporter;
  readonly runtime: StageRuntime;
  readonly claims: OptionClaims;
  readonly log: LogWriter;
  /** @default 'drain-and-exit' */
  readonly onFatal: FatalPolicy | undefined;
}

/**
 * Sees fatal errors: takes the service out of readiness at once, and tells whoever owns the process.
 * @internal
 */
export class FatalWatch {
  private hasHappened = false;
  private end: (() => void) | undefined;

  constructor({ reporter, runtime, claims, log, onFatal = 'drain-and-exit' }: FatalWatchInit) {
    claims.claim({ service: { onFatal: oneOf('drain-and-exit', 'stay') } });
    reporter.observe(({ tier }) => {
      if (tier !== 'L4') return;
      runtime.fail();
      if (this.hasHappened) return;
      this.hasHappened = true;
      log.write('FATAL', 'A fatal error has happened: the service is no longer ready');
      if (onFatal === 'drain-and-exit') this.end?.();
    });
  }

  /** Gives the end of the process into the hands of its owner; without one the service stays. */
  onExit(end: () => void): void {
    this.end = end;
  }
}
