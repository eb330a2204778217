import { RequestAbortedError, type AbortCause } from '../context/request-aborted.error.js';
import {
  BusinessError,
  FatalError,
  type FieldError,
  ModelError,
  ProcessingError,
  RequestError,
  SystemError,
  ValidationError,
} from './service-errors.js';
import { isWebServiceError, WebServiceError, type WebServiceErrorOptions } from './web-service.error.js';

type Primitive = string | number | boolean;

/** A thrown thing as plain data: cloning an error drops its class and its own fields. @internal */
export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly stack: string;
  /** Name of the nearest class of the catalogue's errors; absent for others. */
  readonly ours?: string;
  /** Own fields that are plain: `code`, `status` and their like. */
  readonly fields: Readonly<Record<string, Primitive>>;
  /** Of a ValidationError. */
  readonly fieldErrors?: readonly FieldError[];
  readonly cause?: WireError;
}

const CLASSES: Readonly<Record<string, new (message: string, options: WebServiceErrorOptions) => WebServiceError>> = {
  BusinessError,
  FatalError,
  ModelError,
  ProcessingError,
  RequestError,
  SystemError,
  ValidationError,
  WebServiceError,
};
const MAX_CAUSES = 8;

/** Describes anything thrown, for another thread or process; never throws. @internal */
export function toWireError(thrown: unknown, depth = MAX_CAUSES): WireError {
  try {
    return describe(thrown, depth);
  } catch {
    return { name: 'Error', message: 'an error that throws when it is looked at', stack: '', fields: {} };
  }
}

function describe(thrown: unknown, depth: number): WireError {
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown), stack: '', fields: {} };
  const { name, message, stack = '', cause } = thrown;
  const ours = isWebServiceError(thrown) ? nearestClass(thrown) : undefined;
  return {
    name,
    message,
    stack,
    fields: plainFields(thrown),
    ...(ours && { ours }),
    ...(thrown instanceof ValidationError && {
      fieldErrors: thrown.fields.map(({ field, messages }) => ({ field, messages: [...messages] })),
    }),
    ...(cause !== undefined && depth > 1 && { cause: toWireError(cause, depth - 1) }),
  };
}

/** By name, since another copy of the package has other classes. */
function nearestClass(error: WebServiceError): string {
  for (let type = Object.getPrototypeOf(error) as object | null; type; type = Object.getPrototypeOf(type) as object | null) {
    const { name } = type.constructor;
    if (name === 'RequestAbortedError' || Object.hasOwn(CLASSES, name)) return name;
  }
  return 'WebServiceError';
}

function plainFields(error: Error): Record<string, Primitive> {
  const entries = Object.entries(error) as [string, unknown][];
  return Object.fromEntries(entries.filter((entry): entry is [string, Primitive] => /^(?:string|number|boolean)$/.test(typeof entry[1])));
}

/** The error again: of the same class if it is one of the catalogue's, with name, message, stack and plain fields in any case. @internal */
export function fromWireError({ name, message, stack, ours, fields, fieldErrors, cause }: WireError): Error {
  const options = { ...fields, ...(cause && { cause: fromWireError(cause) }), ...(fieldErrors && { fields: fieldErrors }) };
  const error = create(ours, message, options, fields);
  const hidden = { configurable: true, writable: true, enumerable: false };
  if (error.name !== name) Object.defineProperty(error, 'name', { ...hidden, value: name });
  if (stack) Object.defineProperty(error, 'stack', { ...hidden, value: stack });
  for (const [key, value] of Object.entries(fields))
    if (!(key in error)) Object.defineProperty(error, key, { ...hidden, enumerable: true, value });
  return error;
}

function create(ours: string | undefined, message: string, options: WebServiceErrorOptions, fields: WireError['fields']): Error {
  if (ours === undefined) return new Error(message, 'cause' in options ? { cause: options.cause } : undefined);
  if (ours === 'RequestAbortedError') return new RequestAbortedError(fields['abortCause'] as AbortCause);
  return new CLASSES[ours](message, options);
}
