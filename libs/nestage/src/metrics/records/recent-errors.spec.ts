import { ErrorReporter } from '../../core/errors/error-reporter.js';
import { BusinessError, ModelError } from '../../core/errors/service-errors.js';
import { FakeClock } from '../../testing/fake-clock.js';
import { ERRORS_KEPT, RecentErrors } from './recent-errors.js';

describe('the last errors', () => {
  const reporter = new ErrorReporter();
  const clock = new FakeClock();
  const errors = new RecentErrors({ reporter, handlerOf: () => 'Handler', clock });

  it('are kept by tier, so that a flood of one hides none of another, the newest first', () => {
    reporter.report(new ModelError('the first'), 'stage');
    for (let index = 0; index < 3 * ERRORS_KEPT; index++) {
      clock.advance(1);
      reporter.report(new BusinessError(`refused ${index}`), 'stage');
    }
    const latest = errors.latest();
    expect(latest).toHaveLength(ERRORS_KEPT + 1);
    expect(latest[0]).toMatchObject({ tier: 'L2', code: 'business_error', handler: 'Handler', message: 'BusinessError: refused 59' });
    expect(latest.at(-1)).toMatchObject({ tier: 'L3', logId: undefined, message: 'ModelError: the first' });
  });

  it('say no more than a client might read, on one line of bounded length', () => {
    reporter.report(new ModelError(`no such file /home/app/secrets/key.pem\n${'x'.repeat(9000)}`), 'stage');
    const { message } = errors.latest().find(({ tier }) => tier === 'L3') ?? { message: '' };
    expect(message).not.toContain('/home/app');
    expect(message).not.toContain('\n');
    expect(message.length).toBeLessThanOrEqual(300);
  });
});
