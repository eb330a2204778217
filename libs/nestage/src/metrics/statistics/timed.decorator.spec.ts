import { Injectable, Module, Scope, SetMetadata } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { PerformanceMonitor } from './performance-monitor.js';
import { Timed } from './timed.decorator.js';

@Injectable()
class Tokenizer {
  readonly factor = 2;

  @Timed()
  @SetMetadata('role', 'reader')
  count(text: string): number {
    return text.length * this.factor;
  }

  @Timed('slow')
  async later(): Promise<string> {
    return 'done';
  }

  @Timed()
  fails(): never {
    throw new Error('no');
  }
}

@Injectable({ scope: Scope.TRANSIENT })
class Transient {
  @Timed()
  work(): void {
    // only its call matters
  }
}

@Injectable()
class Special extends Tokenizer {
  @Timed()
  more(): void {
    // only its call matters
  }
}

async function appOf(monitor?: PerformanceMonitor) {
  @Module({ providers: [Tokenizer, Transient, Special, ...(monitor ? [{ provide: PerformanceMonitor, useValue: monitor }] : [])] })
  class AppModule {}
  return Test.createTestingModule({ imports: [AppModule] }).compile();
}

describe(Timed.name, () => {
  it('records each call in the monitor of the app, whatever its end and scope', async () => {
    const monitor = new PerformanceMonitor();
    const app = await appOf(monitor);
    expect(app.get(Tokenizer).count('abc')).toBe(6);
    await expect(app.get(Tokenizer).later()).resolves.toBe('done');
    expect(() => app.get(Tokenizer).fails()).toThrow('no');
    (await app.resolve(Transient)).work();
    app.get(Special).count('');
    app.get(Special).more();
    const counts = Object.entries(monitor.getStatistics()).map(([name, { count }]) => [name, count]);
    expect(Object.fromEntries(counts)).toEqual({
      'Tokenizer.count': 2,
      slow: 1,
      'Tokenizer.fails': 1,
      'Transient.work': 1,
      'Special.more': 1,
    });
  });

  it('shares nothing between two apps', async () => {
    const monitors = [new PerformanceMonitor(), new PerformanceMonitor()];
    const [first] = await Promise.all(monitors.map((monitor) => appOf(monitor)));
    first.get(Tokenizer).count('');
    expect(monitors.map((monitor) => Object.keys(monitor.getStatistics()))).toEqual([['Tokenizer.count'], []]);
  });

  it('runs untimed where there is no monitor', async () => {
    expect(new Tokenizer().count('ab')).toBe(4);
    expect((await appOf()).get(Tokenizer).count('ab')).toBe(4);
  });

  it('keeps the name, length and metadata of the method', () => {
    const { count } = Tokenizer.prototype;
    expect([count.name, count.length, Reflect.getMetadata('role', count)]).toEqual(['count', 1, 'reader']);
  });

  it('refuses to stand on what is no method', () => {
    expect(() => Timed()({}, 'field', { get: () => 1 })).toThrow('@Timed() belongs on a method, field is none.');
  });
});
