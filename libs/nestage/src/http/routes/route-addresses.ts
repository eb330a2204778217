import { Injectable, VersioningType } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { wildcardOf } from '../../core/discovery/path-wildcard.js';
import type { StageRoute } from '../../core/discovery/stage-route.js';
import { appConfigOf } from './app-config.js';
import { RouteTable } from '../gate/route-table.js';

/** One way to ask for a stage route. @internal */
export interface RouteAddress {
  /** Below prefix, module path and URI version, with `:parameters` and a `*wildcard`. */
  readonly path: string;
  /** What tells the version where the path does not. */
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Where clients find a stage route: a route of several versions has several addresses. Known once the app has been initialized.
 * @internal
 */
@Injectable()
export class RouteAddresses {
  constructor(
    private readonly table: RouteTable,
    private readonly moduleRef: ModuleRef,
  ) {}

  of(route: StageRoute): readonly RouteAddress[] {
    const wildcard = wildcardOf(route.path);
    // Fastify writes it without its name
    const paths = this.table.patternsOf(route).map((path) => (wildcard === undefined ? path : path.replace(/\*\w*$/, `*${wildcard}`)));
    return paths.flatMap((path) => this.versionHeaders(route).map((headers) => ({ path, headers })));
  }

  private versionHeaders({ options }: StageRoute): readonly RouteAddress['headers'][] {
    const versioning = appConfigOf(this.moduleRef).getVersioning();
    const given = [options.version ?? versioning?.defaultVersion].flat();
    const versions = given.filter((version): version is string => typeof version === 'string');
    const isNeutral = versions.length < given.length; // Nest's word for "with or without"
    if (isNeutral || versions.length === 0) return [{}];
    if (versioning?.type === VersioningType.HEADER) return versions.map((version) => ({ [versioning.header]: version }));
    if (versioning?.type === VersioningType.MEDIA_TYPE) return versions.map((version) => ({ accept: `*/*;${versioning.key}${version}` }));
    return [{}]; // in the path, or where only the app knows
  }
}
