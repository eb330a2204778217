import { type DynamicModule, Module, type Type } from '@nestjs/common';
import { START_OPTIONS } from './core/options/web-service.options.js';

/** Sits above the app's own root module and hands the start options down. @internal */
@Module({})
export class StartModule {
  static around(appModule: Type | DynamicModule, options: object): DynamicModule {
    return {
      module: StartModule,
      global: true,
      imports: [appModule],
      providers: [{ provide: START_OPTIONS, useValue: options }],
      exports: [START_OPTIONS],
    };
  }
}
