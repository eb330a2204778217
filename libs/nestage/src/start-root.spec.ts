import { type DynamicModule, Module } from '@nestjs/common';
import { StartFaultError } from './core/discovery/start-fault.js';
import { rootModuleOf, type RootModuleSource } from './start-root.js';

@Module({})
class AppModule {
  static of(): DynamicModule {
    return { module: AppModule };
  }
}
class PlainModule {}

describe('the root module', () => {
  it.each<[string, RootModuleSource]>([
    ['a class', AppModule],
    ['what an arrow function gives', () => AppModule],
    ['what an async function gives', async () => AppModule],
    [
      'what a function declaration gives',
      function make() {
        return AppModule;
      },
    ],
  ])('is %s', async (_, source) => {
    expect(await rootModuleOf(source)).toBe(AppModule);
  });

  it('is a class without decorators, and never called', async () => {
    expect(await rootModuleOf(PlainModule)).toBe(PlainModule);
  });

  it('is a dynamic module, given or made', async () => {
    expect(await rootModuleOf(AppModule.of())).toEqual({ module: AppModule });
    expect(await rootModuleOf(AppModule.of)).toEqual({ module: AppModule });
    expect(await rootModuleOf(() => Promise.resolve(AppModule.of()))).toEqual({ module: AppModule });
  });

  it('fails as the function fails', async () => {
    const fault = new RangeError('no such size');
    const fail = (): never => {
      throw fault;
    };
    await expect(rootModuleOf(fail)).rejects.toBe(fault);
    await expect(rootModuleOf(() => Promise.reject(fault))).rejects.toBe(fault);
  });

  it.each<[unknown, string]>([
    [undefined, 'there is undefined'],
    [null, 'there is null'],
    [{}, 'there is an object without { module }'],
    ['AppModule', 'there is a string'],
    [() => undefined, 'the function that is given gives undefined'],
    [async () => ({ AppModule }), 'the function that is given gives an object without { module }'],
    [() => () => AppModule, 'the function that is given gives a function'],
  ])('is not %p', async (source, words) => {
    const asked = rootModuleOf(source as RootModuleSource);
    await expect(asked).rejects.toThrow(`The root module is missing: ${words}. Write startWebService(AppModule), or () => AppModule.of(`);
    await expect(asked).rejects.toBeInstanceOf(StartFaultError);
  });
});
