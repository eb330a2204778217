import type { FindPlan, UndeclaredKeys } from './build-instance.js';
import type { DtoPlan, FieldPlan } from './dto-plan.js';

/**
 * Whether class-validator would surely accept an instance. `false` is no verdict: it says that the library has to look itself.
 * Keys that nothing declares are deleted, as its `whitelist` does.
 * @internal
 */
export function acceptsInstance(plan: DtoPlan, instance: object, undeclared: UndeclaredKeys, findPlan: FindPlan): boolean {
  if (instance.constructor !== plan.type) return false;
  if (undeclared !== 'keep') {
    for (const key of Object.keys(instance)) {
      if (plan.fields.has(key)) continue;
      if (undeclared === 'refuse') return false;
      delete (instance as Record<string, unknown>)[key];
    }
  }
  for (const field of plan.all) {
    const value = (instance as Record<string, unknown>)[field.name];
    if (field.conditions.every((condition) => condition(instance, value)) && !acceptsField(field, value, instance, undeclared, findPlan))
      return false;
  }
  return true;
}

function acceptsField(field: FieldPlan, value: unknown, object: object, undeclared: UndeclaredKeys, findPlan: FindPlan): boolean {
  for (const { isEach, accepts } of field.rules) {
    if (!isEach || !Array.isArray(value) ? !accepts(value, value, object) : !value.every((item) => accepts(item, value, object)))
      return false;
  }
  if (!field.isValidatedNested || value === undefined) return true;
  if (!Array.isArray(value)) return acceptsNested(value, undeclared, findPlan);
  return field.allowsList && value.every((item) => acceptsNested(item, undeclared, findPlan));
}

function acceptsNested(value: unknown, undeclared: UndeclaredKeys, findPlan: FindPlan): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const plan = findPlan(value.constructor);
  return plan !== undefined && acceptsInstance(plan, value, undeclared, findPlan);
}
