import { type DynamicModule, Module } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { StartFaultError } from './core/discovery/start-fault.js';
import { START_OPTIONS } from './core/options/web-service.options.js';
import type { RootModule } from './start-root.js';
import { WebServiceModule } from './web-service.module.js';

/** Sits above the app's own root module and hands the start options down. @internal */
@Module({})
export class StartModule {
  /** @param onModules told of the app's modules before what is in them is made */
  static around(appModule: RootModule, options: object, onModules: (modules: ModulesContainer) => void = () => undefined): DynamicModule {
    const hand = (modules: ModulesContainer): object => {
      onModules(modules);
      assertService(modules);
      return options;
    };
    return {
      module: StartModule,
      global: true,
      imports: [appModule],
      providers: [{ provide: START_OPTIONS, inject: [ModulesContainer], useFactory: hand }],
      exports: [START_OPTIONS],
    };
  }
}

/** @throws StartFaultError */
function assertService(modules: ModulesContainer): void {
  if ([...modules.values()].some(({ metatype }) => metatype === WebServiceModule)) return;
  throw new StartFaultError(['WebServiceModule is imported nowhere: add WebServiceModule.forRoot() to the imports of the root module.']);
}
