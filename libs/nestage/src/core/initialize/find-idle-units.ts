import type { Type } from '@nestjs/common';
import type { StageUnit } from './stage-unit.js';

/**
 * Handlers whose requests are all run elsewhere, and models that only such handlers need: they are not initialized in this process.
 * @internal
 */
export function findIdleUnits(units: readonly StageUnit[], isIdle: (handler: Type) => boolean): ReadonlySet<StageUnit> {
  const busy = new Set<StageUnit>();
  const visit = (unit: StageUnit): void => {
    if (busy.has(unit)) return;
    busy.add(unit);
    for (const need of unit.needs) visit(need);
  };
  const needed = new Set(units.flatMap(({ needs }) => needs));
  for (const unit of units) {
    if (unit.kind === 'handler' ? !isIdle(unit.type) : !needed.has(unit)) visit(unit);
  }
  return new Set(units.filter((unit) => !busy.has(unit)));
}
