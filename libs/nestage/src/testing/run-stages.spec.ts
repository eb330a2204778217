import { IsInt, IsString, Min } from 'class-validator';
import { ValidationError } from '../core/errors/service-errors.js';
import type { StageContext } from '../core/context/stage-context.js';
import { StageHandler } from '../core/stage/stage-handler.decorator.js';
import { runStages } from './run-stages.js';

class Numbers {
  @IsInt()
  @Min(1)
  count: number;
}

class Word {
  @IsString()
  word: string;
}

@StageHandler('/words', { request: Numbers, response: Word })
class WordHandler {
  preProcess({ count }: Numbers): number {
    return count * 2;
  }

  run(count: number, { logger, response, headers }: StageContext): string {
    logger.info(`making ${count}`);
    response.status = 201;
    response.setHeader('X-Count', count);
    return `${String(headers['x-letter'] ?? 'a')}`.repeat(count);
  }

  postProcess(word: string): Word & { secret?: string } {
    return { word, secret: 'not for clients' };
  }
}

@StageHandler('/items', { request: Numbers, response: Word })
@StageHandler('/more', { request: false })
class ItemHandler {
  async *run({ count }: Numbers): AsyncGenerator<Word> {
    for (let index = 0; index < count; index++) yield { word: `item ${index}` };
  }
}

describe(runStages.name, () => {
  it('takes a request through validation and all stages', async () => {
    const { response, items, status, headers, log } = await runStages(new WordHandler(), { count: 2 }, { headers: { 'x-letter': 'b' } });
    expect(response).toEqual({ word: 'bbbb' }); // what the DTO does not declare is stripped
    expect([items, status, headers]).toEqual([[{ word: 'bbbb' }], 201, { 'x-count': 4 }]);
    expect(log.of('test')).toEqual(['making 4']);
  });

  it('collects a stream', async () => {
    const { items, response } = await runStages(new ItemHandler(), { count: 2 });
    expect([items, response]).toEqual([[{ word: 'item 0' }, { word: 'item 1' }], { word: 'item 1' }]);
  });

  it('refuses what the DTO refuses', async () => {
    await expect(runStages(new WordHandler(), { count: 0 })).rejects.toThrow(ValidationError);
    await expect(runStages(new ItemHandler(), { count: 0 }, { path: '/more' })).resolves.toMatchObject({ items: [] });
  });

  it('stops when its signal fires', async () => {
    @StageHandler('/slow', { request: false })
    class SlowHandler {
      run(_input: unknown, { signal }: StageContext): Promise<never> {
        return new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason as Error)));
      }
    }
    const controller = new AbortController();
    const running = runStages(new SlowHandler(), {}, { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toMatchObject({ abortCause: 'client_closed' });
  });

  it('says what is wrong with the handler or the path', async () => {
    class Plain {
      run(): string {
        return '';
      }
    }
    await expect(runStages(new Plain(), {})).rejects.toThrow('Plain carries no @StageHandler.');
    await expect(runStages(new ItemHandler(), {}, { path: '/none' })).rejects.toThrow("ItemHandler has no path '/none', but /");
  });
});
