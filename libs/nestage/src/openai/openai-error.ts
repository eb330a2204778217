import type { SanitizedError } from '../core/errors/sanitize-error.js';
import type { RouteProtocol } from '../core/protocol/route-protocol.js';
import { WIRE_SCHEMAS } from './wire-schemas.js';

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

/** Codes that clients know by OpenAI's own names. */
const CODES: Readonly<Partial<Record<string, string>>> = {
  unauthorized: 'invalid_api_key',
  rate_limited: 'rate_limit_exceeded',
};

/** Statuses after which the same request fails the same way, although clients would send it again. */
const PERMANENT: ReadonlySet<number> = new Set([500, 504]);

const MAX_TIMEOUT_SECONDS = 1e6;

/** How OpenAI's clients are told of errors, and what they tell of their patience: the same on every route of the protocol. @internal */
export const openAiErrors = {
  /** @see https://platform.openai.com/docs/guides/error-codes */
  encodeError: ({ status, message, code, fields }: SanitizedError): OpenAiErrorBody => {
    const type = TYPES[status] ?? (status >= 500 ? 'server_error' : 'invalid_request_error');
    return { error: { message, type, param: fields[0]?.field || null, code: CODES[code] ?? code } };
  },

  /** Their official client repeats every 5xx twice, unless it is told not to. */
  errorHeaders: ({ status }: SanitizedError): Record<string, string> => (PERMANENT.has(status) ? { 'x-should-retry': 'false' } : {}),

  /** Their official client says in seconds how long it waits; what is no number is nobody's fault here. */
  askedTimeoutMs: ({ 'x-stainless-timeout': asked }: Readonly<Record<string, unknown>>): number | undefined => {
    const seconds = typeof asked === 'string' && asked !== '' ? Number(asked) : NaN;
    return seconds > 0 && seconds < MAX_TIMEOUT_SECONDS ? Math.ceil(seconds * 1000) : undefined;
  },
} satisfies Pick<RouteProtocol, 'encodeError' | 'errorHeaders' | 'askedTimeoutMs'>;

/** Plain JSON with OpenAI's error envelope. @internal */
export const openAiJson: RouteProtocol = {
  name: 'openai-json',
  ignoresAccept: true,
  encodeValue: (value) => ({ value }),
  encodeStream: () => {
    throw new Error('This route gives no stream');
  },
  ...openAiErrors,
  describe: () => WIRE_SCHEMAS.plain,
};
