import { Injectable } from '@nestjs/common';
import { checkOptions, OptionError, type OptionCheck } from '../../common/option-checks.js';

/** Which options a room answers for. @publicApi */
export interface OptionClaim {
  /** Rules for keys of `@StageHandler` options (and so of `forRoot({ defaults })`). */
  readonly handler?: Readonly<Record<string, OptionCheck>>;
  /** Rules for keys of `forRoot` options. */
  readonly service?: Readonly<Record<string, OptionCheck>>;
}

/** Keys of rooms that an app imports by itself, with the import that claims them. */
const ADD_ONS: Readonly<Record<string, string>> = {
  worker: 'nestage/threads',
  execution: 'nestage/queue',
  mcp: 'nestage/mcp',
  jobs: 'nestage/jobs',
};

/** Options that no two routes can share. */
const OF_ONE_ROUTE: ReadonlySet<string> = new Set([
  'request',
  'response',
  'example',
  'method',
  'version',
  'name',
  'upload',
  'batch',
  'worker',
  'mcp',
]);

/**
 * All options that some room understands. A key that no room has claimed is a fault at start: a misspelt option must not be silently
 * without effect.
 * @publicApi
 */
@Injectable()
export class OptionClaims {
  private readonly handler: Record<string, OptionCheck> = {};
  private readonly service: Record<string, OptionCheck> = {};

  claim({ handler = {}, service = {} }: OptionClaim): void {
    Object.assign(this.handler, handler);
    Object.assign(this.service, service);
  }

  /** @throws OptionError @internal */
  checkHandler(options: object, place: string): void {
    refuseMissingAddOn(options, this.handler, place);
    checkOptions(options, this.handler, place);
  }

  /** Checks options for all handlers, of which those that belong to one route are none. @throws OptionError @internal */
  checkDefaults(defaults: object, place: string): void {
    const known = Object.fromEntries(Object.entries(this.handler).filter(([key]) => !OF_ONE_ROUTE.has(key)));
    refuseMissingAddOn(defaults, this.handler, `defaults of ${place}`);
    checkOptions(defaults, known, place, 'defaults.');
  }

  /** @throws OptionError @internal */
  checkService(options: object, place: string): void {
    checkOptions(options, this.service, place);
  }
}

function refuseMissingAddOn(options: object, known: Readonly<Record<string, OptionCheck>>, place: string): void {
  const key = Object.keys(options).find((each) => !(each in known) && Object.hasOwn(ADD_ONS, each));
  if (key) throw new OptionError(`"${key}" needs ${ADD_ONS[key]}: import its module beside WebServiceModule (given in ${place}).`);
}
