import { WebServiceError, type WebServiceErrorOptions } from './web-service.error.js';

/** A field of the request that is wrong. @publicApi */
export interface FieldError {
  /** Where it stands, such as `messages[0].role`; empty for the body as a whole. */
  readonly field: string;
  /** What is wrong with it, one sentence a broken rule. */
  readonly messages: readonly string[];
}

/**
 * L2: the request is understood but can't be served, and the client may be told why (an unknown order, an empty account).
 * The message is sent, scrubbed of anything internal. Answers 400, or the 4xx given as `status`.
 *
 * @example throw new BusinessError('This order has been paid already', { status: 409 });
 * @publicApi
 */
export class BusinessError extends WebServiceError {
  override readonly name: string = 'BusinessError';

  constructor(message: string, options: WebServiceErrorOptions = {}) {
    super(message, { code: 'business_error', ...options });
  }
}

/** L1: the request itself is wrong. Answers 400 with what is wrong and where. @publicApi */
export class ValidationError extends BusinessError {
  override readonly name: string = 'ValidationError';
  readonly fields: readonly FieldError[];

  constructor(message: string, options: WebServiceErrorOptions & { readonly fields?: readonly FieldError[] } = {}) {
    super(message, { code: 'invalid_request', ...options });
    this.fields = options.fields ?? [];
  }
}

/** L3: something of ours failed. Answers 500; the message stays in the log. @publicApi */
export class SystemError extends WebServiceError {
  override readonly name: string = 'SystemError';

  constructor(message: string, options: WebServiceErrorOptions = {}) {
    super(message, { code: 'system_error', ...options });
  }
}

/**
 * L3: the model failed. Answers 502; with `code: 'model_timeout'` 504, with `code: 'model_overloaded'` 503 and Retry-After.
 * @publicApi
 */
export class ModelError extends SystemError {
  override readonly name: string = 'ModelError';

  constructor(message: string, options: WebServiceErrorOptions = {}) {
    super(message, { code: 'model_error', ...options });
  }
}

/**
 * L3: a step before or after the model failed. Answers 500; `code: 'image_processing_error'` gives the text for pictures.
 * @publicApi
 */
export class ProcessingError extends SystemError {
  override readonly name: string = 'ProcessingError';

  constructor(message: string, options: WebServiceErrorOptions = {}) {
    super(message, { code: 'processing_error', ...options });
  }
}

/** L4: the process can't be trusted any more (corrupt weights, a lost device). Answers 500 and alerts at once. @publicApi */
export class FatalError extends WebServiceError {
  override readonly name: string = 'FatalError';

  constructor(message: string, options: WebServiceErrorOptions = {}) {
    super(message, { code: 'fatal_error', ...options });
  }
}

/** A request that never reached a handler's stages: its code says why. @internal */
export class RequestError extends WebServiceError {
  override readonly name: string = 'RequestError';
  /** Headers that the answer needs, such as Allow. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(message: string, options: WebServiceErrorOptions & { readonly headers?: Readonly<Record<string, string>> }) {
    super(message, options);
    this.headers = options.headers ?? {};
  }
}
