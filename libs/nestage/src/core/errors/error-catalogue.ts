/** How far an error may be told and who must know: L1 and L2 the client, L3 the developers, L4 whoever is on call. @publicApi */
export type ErrorTier = 'L1' | 'L2' | 'L3' | 'L4';

/** Key of a text that stands for a hidden cause, see `error-texts.ts`. @internal */
export type GenericTextKey = 'unavailable' | 'model' | 'image' | 'unknown';

/** What the service knows of an error by its code alone. @publicApi */
export interface ErrorCatalogueEntry {
  readonly tier: ErrorTier;
  /** HTTP status of the answer, unless whoever throws sets another of the same class. */
  readonly status: number;
  /** Whether the same request may succeed a little later: such answers carry Retry-After. */
  readonly retryable: boolean;
  /** The text a client gets in place of the message; without it the scrubbed message itself is sent. */
  readonly text?: GenericTextKey;
}

const client = (status: number, tier: 'L1' | 'L2' = 'L1'): ErrorCatalogueEntry => ({ tier, status, retryable: false });
const server = (status: number, text: GenericTextKey, retryable = false): ErrorCatalogueEntry => ({ tier: 'L3', status, text, retryable });

/**
 * Every stable error code, in the order of a request's way. The README's table and the tests list the same set.
 * @publicApi
 */
export const ERROR_CATALOGUE = {
  bad_url: client(400),
  not_found: client(404),
  model_not_found: client(404),
  method_not_allowed: client(405),
  not_acceptable: client(406),
  unauthorized: client(401),
  forbidden: client(403),
  rate_limited: { ...client(429), retryable: true },
  body_too_large: client(413),
  unsupported_media_type: client(415),
  unsupported_encoding: client(415),
  empty_body: client(400),
  invalid_json: client(400),
  invalid_form: client(400),
  invalid_request: client(400),
  context_length_exceeded: client(400),
  missing_file: client(400),
  too_many_files: client(400),
  empty_file: client(400),
  file_too_large: client(413),
  unsupported_file: client(415),
  corrupt_file: client(422),
  remote_file_refused: client(400),
  remote_file_failed: client(422),
  idempotency_key_reused: client(422),
  job_not_finished: { ...client(409), retryable: true },
  client_error: client(400),
  business_error: client(400, 'L2'),
  client_closed: client(499),
  cancelled: client(499),
  not_ready: server(503, 'unavailable', true),
  shutting_down: server(503, 'unavailable', true),
  overloaded: server(503, 'unavailable', true),
  jobs_unavailable: server(503, 'unavailable', true),
  breaker_open: server(503, 'unavailable', true),
  deadline_exceeded: server(504, 'unavailable'),
  model_error: server(502, 'model'),
  model_timeout: server(504, 'model'),
  model_overloaded: server(503, 'model', true),
  processing_error: server(500, 'unavailable'),
  image_processing_error: server(500, 'image'),
  invalid_response: server(500, 'unavailable'),
  system_error: server(500, 'unavailable'),
  internal_error: server(500, 'unknown'),
  fatal_error: { tier: 'L4', status: 500, text: 'unknown', retryable: false },
} as const satisfies Record<string, ErrorCatalogueEntry>;

/** @see ERROR_CATALOGUE @publicApi */
export type ErrorCode = keyof typeof ERROR_CATALOGUE;
