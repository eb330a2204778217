import { Injectable } from '@nestjs/common';
import { describeThrown, storyOf } from '../core/errors/describe-thrown.js';
import type { ErrorTier } from '../core/errors/error-catalogue.js';
import { type ErrorPlace, type ErrorReport, ErrorReporter } from '../core/errors/error-reporter.js';
import { type LogLevel, LogWriter } from '../core/log/log-writer.js';
import { cutText } from './values/cut-text.js';
import { maskSecrets } from './values/mask-secrets.js';

const LEVELS: Readonly<Record<ErrorTier, LogLevel>> = { L1: 'WARNING', L2: 'WARNING', L3: 'ERROR', L4: 'FATAL' };

const WHAT_FAILED: Readonly<Record<ErrorPlace, string>> = {
  request: 'request Validation error',
  response: 'response Validation error',
  stage: 'Failed to process request',
  initialize: 'Failed to initialize config',
  health: 'Failed to check health',
};

const MAX_MESSAGE_LENGTH = 4000;
const MAX_TRACEBACK_LENGTH = 16_000;

/**
 * Writes every reported error: one line that says what failed, and for what is the service's own fault (L3, L4; at DEBUG for all) one
 * line `Error details: {...}` with the whole story.
 * @publicApi
 */
@Injectable()
export class ErrorLog {
  constructor(
    reporter: ErrorReporter,
    private readonly writer: LogWriter,
  ) {
    reporter.observe((report) => this.log(report));
  }

  private log(report: ErrorReport): void {
    const level = LEVELS[report.tier];
    if (!this.writer.isEnabled(level)) return;
    const described = describeThrown(report.thrown);
    const logId = report.context?.logId;
    const text = bounded(described.message, MAX_MESSAGE_LENGTH);
    this.writer.write(level, `${WHAT_FAILED[report.place]}: ${text || described.type}`, logId);
    if (level === 'WARNING' && !this.writer.isEnabled('DEBUG')) return;
    const traceback = bounded(storyOf(described), MAX_TRACEBACK_LENGTH);
    const details = { error_type: described.type, error_message: text, traceback, context: circumstancesOf(report) };
    this.writer.write(level === 'WARNING' ? 'DEBUG' : level, `Error details: ${JSON.stringify(details)}`, logId);
  }
}

/** Where it happened and how it was judged. */
function circumstancesOf({ context, place, code, tier, status }: ErrorReport): object {
  return { handler: context?.path, origin: context?.origin, place, code, tier, status };
}

/** Masked before it becomes JSON, so that no mask can break the JSON. */
function bounded(text: string, maxLength: number): string {
  return maskSecrets(cutText(text, maxLength));
}
