import type { SanitizedError } from '../core/errors/sanitize-error.js';

/** The error envelope that OpenAI's clients read; all four keys are always there. @publicApi */
export interface OpenAiErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    /** The field that is wrong, such as `messages[0].role`. */
    readonly param: string | null;
    readonly code: string | null;
  };
}

const TYPES: Readonly<Partial<Record<number, string>>> = {
  401: 'authentication_error',
  403: 'permission_error',
  429: 'rate_limit_error',
};

/** @see https://platform.openai.com/docs/guides/error-codes @internal */
export function toOpenAiError({ status, message, code, fields }: SanitizedError): OpenAiErrorBody {
  const type = TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
  return { error: { message, type, param: fields[0]?.field || null, code } };
}
