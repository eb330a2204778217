import type { Clock } from '../../common/clock.js';
import { describeThrown } from '../../core/errors/describe-thrown.js';
import type { ErrorCode, ErrorTier } from '../../core/errors/error-catalogue.js';
import type { ErrorReport, ErrorReporter } from '../../core/errors/error-reporter.js';
import { scrubText } from '../../core/errors/scrub-text.js';

/** One of the last errors. Says no more than a client might read. @publicApi */
export interface RecentError {
  /** ISO 8601. */
  readonly at: string;
  readonly tier: ErrorTier;
  readonly code: ErrorCode;
  /** Name of the handler; `undefined` for errors outside of handlers. */
  readonly handler: string | undefined;
  /** Log id of the request; `undefined` for errors outside of requests. */
  readonly logId: string | undefined;
  /** Type and message without secrets and internals, one line of at most 300 characters. */
  readonly message: string;
}

/** @internal */
export interface RecentErrorsInit {
  readonly reporter: ErrorReporter;
  /** Name of the handler that an error belongs to. */
  readonly handlerOf: (report: ErrorReport) => string | undefined;
  readonly clock: Clock;
}

/** Kept of each tier, so that a flood of one hides none of another. @internal */
export const ERRORS_KEPT = 20;
const MAX_LENGTH = 300;

interface Kept extends Omit<RecentError, 'at' | 'message'> {
  readonly at: number;
  readonly thrown: { readonly type: string; readonly message: string };
}

/**
 * The last errors of each tier. What was thrown is cut at once and scrubbed when somebody looks, so that an error costs next to nothing.
 * @internal
 */
export class RecentErrors {
  private readonly byTier = new Map<ErrorTier, Kept[]>();

  constructor(private readonly init: RecentErrorsInit) {
    init.reporter.observe((report) => this.keep(report));
  }

  /** The newest first, at most 20 of each tier. */
  latest(): readonly RecentError[] {
    return [...this.byTier.values()]
      .flat()
      .sort((one, other) => other.at - one.at)
      .map(({ at, thrown, ...rest }) => ({ at: new Date(at).toISOString(), ...rest, message: messageOf(thrown) }));
  }

  private keep(report: ErrorReport): void {
    const { tier, code, context } = report;
    const { type, message } = describeThrown(report.thrown);
    const thrown = { type: type.slice(0, MAX_LENGTH), message: message.slice(0, 4 * MAX_LENGTH) };
    const kept = this.byTier.get(tier) ?? [];
    this.byTier.set(tier, kept);
    kept.push({ at: this.init.clock.now(), tier, code, handler: this.init.handlerOf(report), logId: context?.logId, thrown });
    if (kept.length > ERRORS_KEPT) kept.shift();
  }
}

function messageOf({ type, message }: Kept['thrown']): string {
  const text = scrubText(message ? `${type}: ${message}` : type);
  return text.length <= MAX_LENGTH ? text : `${text.slice(0, MAX_LENGTH - 1)}…`;
}
