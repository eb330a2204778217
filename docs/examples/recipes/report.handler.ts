import { setTimeout as sleep } from 'node:timers/promises';
import { IsInt, Max, Min } from 'class-validator';
import { minutes, StageHandler, type StageContext } from 'nestage';
import { reportProgress } from 'nestage/jobs';

class Report {
  @IsInt()
  @Min(1)
  @Max(100)
  pages!: number;
}

/** Takes long, so clients may ask for a job: `Prefer: respond-async`. */
@StageHandler('/v1/reports', { request: Report, timeoutMs: minutes(10), jobs: { tries: 3 } })
export class ReportHandler {
  async run({ pages }: Report, context: StageContext) {
    for (let page = 1; page <= pages; page++) {
      await sleep(10, undefined, { signal: context.signal });
      reportProgress(context, page / pages);
    }
    return { pages };
  }
}
