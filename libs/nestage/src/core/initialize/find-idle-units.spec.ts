import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import { findIdleUnits } from './find-idle-units.js';
import { StageUnit } from './stage-unit.js';

class Shared {}
class OnlyQueued {}
class Unused {}
class Queued {}
class Local {}

describe(findIdleUnits, () => {
  const unit = (type: typeof Shared, kind: 'model' | 'handler', needs: readonly StageUnit[] = []): StageUnit =>
    new StageUnit(type, kind, {} as InstanceWrapper, needs);

  it('leaves handlers that are run elsewhere, and models that only those need', () => {
    const [shared, onlyQueued, unused] = [unit(Shared, 'model'), unit(OnlyQueued, 'model'), unit(Unused, 'model')];
    const [queued, local] = [unit(Queued, 'handler', [shared, onlyQueued]), unit(Local, 'handler', [shared])];
    const idle = findIdleUnits([shared, onlyQueued, unused, queued, local], (handler) => handler === Queued);
    expect([...idle].map(({ name }) => name)).toEqual(['OnlyQueued', 'Queued']);
    expect(findIdleUnits([shared, onlyQueued, unused, queued, local], () => false).size).toBe(0);
  });
});
