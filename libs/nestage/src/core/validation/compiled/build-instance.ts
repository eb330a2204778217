import type { DtoPlan, FieldPlan } from './dto-plan.js';

/** Says "not sure": the libraries themselves judge the value then. @internal */
export const DOUBT = Symbol('doubt');

/** Finds the plan of a DTO class, if it has one. @internal */
export type FindPlan = (type: unknown) => DtoPlan | undefined;

/** What happens to keys without a plan. @internal */
export type UndeclaredKeys = 'drop' | 'keep' | 'refuse';

/**
 * Makes an instance of a DTO from a plain object as class-transformer's `plainToInstance` does, for plans that are understood.
 * @internal
 */
export function buildInstance(plan: DtoPlan, value: object, undeclared: UndeclaredKeys, findPlan: FindPlan): object | typeof DOUBT {
  if (!isPlain(value)) return DOUBT;
  const instance = new plan.type() as Record<string, unknown>;
  for (const key of Object.keys(value)) {
    const field = plan.fields.get(key);
    const given = (value as Record<string, unknown>)[key];
    if (!field && undeclared === 'refuse') return DOUBT;
    if (!field && (undeclared === 'drop' || key === 'constructor')) continue;
    if (!field && key in instance) return DOUBT; // an accessor or a method of the class
    const built = field ? buildField(field, given, value, undeclared, findPlan) : copy(given);
    if (built === DOUBT) return DOUBT;
    instance[key] = built;
  }
  return instance;
}

function buildField(field: FieldPlan, given: unknown, owner: object, undeclared: UndeclaredKeys, findPlan: FindPlan): unknown {
  let value = field.nested ? buildNested(field.nested, given, undeclared, findPlan) : copy(given);
  for (const transform of field.transforms) {
    if (value === DOUBT) return DOUBT;
    value = transform({ value, key: field.name, obj: owner });
  }
  return value;
}

function buildNested(type: unknown, given: unknown, undeclared: UndeclaredKeys, findPlan: FindPlan): unknown {
  if (typeof given !== 'object' || given === null) return given;
  const plan = findPlan(type);
  if (!plan) return DOUBT;
  if (!Array.isArray(given)) return buildInstance(plan, given, undeclared, findPlan);
  const list: unknown[] = [];
  for (const item of given as unknown[]) {
    const built = buildNested(type, item, undeclared, findPlan);
    if (built === DOUBT || Array.isArray(item)) return DOUBT;
    list.push(built);
  }
  return list;
}

/** JSON-like values without a class, copied deep. */
function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const list: unknown[] = [];
    for (const item of value as unknown[]) {
      const copied = copy(item);
      if (copied === DOUBT) return DOUBT;
      list.push(copied);
    }
    return list;
  }
  if (!isPlain(value)) return DOUBT;
  const result: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    if (key in result) return DOUBT; // `__proto__`, `constructor`, `toString`: class-transformer has rules of its own for them
    const copied = copy((value as Record<string, unknown>)[key]);
    if (copied === DOUBT) return DOUBT;
    result[key] = copied;
  }
  return result;
}

function isPlain(value: object): boolean {
  return Object.getPrototypeOf(value) === Object.prototype && typeof (value as { then?: unknown }).then !== 'function';
}
