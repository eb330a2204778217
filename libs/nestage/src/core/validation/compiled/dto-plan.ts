import type { Type } from '@nestjs/common';
import { TransformationType } from 'class-transformer';
import * as classValidator from 'class-validator';
import type { ValidationMetadata } from 'class-validator/types/metadata/ValidationMetadata.js';
import { isPromiseLike } from '../../../common/type-guards.js';
import { transformerMetadata } from './transformer-metadata.js';

/** One rule of a field: the check that class-validator would call, with its constraints bound. @internal */
export interface FieldRule {
  readonly isEach: boolean;
  /**
   * @param item the value, or one item of it where the rule is for each
   * @param value the whole value
   * @param object the instance that it stands in
   */
  readonly accepts: (item: unknown, value: unknown, object: object) => boolean;
}

/** What class-transformer and class-validator would do with one field. @internal */
export interface FieldPlan {
  readonly name: string;
  /** Class of the nested object, or of each item of a list. */
  readonly nested: Type | undefined;
  readonly transforms: readonly ((of: { value: unknown; key: string; obj: unknown }) => unknown)[];
  /** All must hold, else the field is not looked at: `@IsOptional()`, `@ValidateIf()`. */
  readonly conditions: readonly ((object: object, value: unknown) => boolean)[];
  readonly rules: readonly FieldRule[];
  /** Whether the nested value is validated itself. */
  readonly isValidatedNested: boolean;
  /** Whether a list may stand there, not only one object. */
  readonly allowsList: boolean;
}

/** A DTO class as a list of fields; `undefined` for one that only the libraries themselves can judge. @internal */
export interface DtoPlan {
  readonly type: Type;
  readonly fields: ReadonlyMap<string, FieldPlan>;
  /** The same one by one. */
  readonly all: readonly FieldPlan[];
  /** Whether an instance is its own plain form: nothing is transformed on the way out, nested classes left aside. */
  readonly isPlainOut: boolean;
}

/** Names of the checks that class-validator brings: each is synchronous and looks at the value and its constraints only. @internal */
export const KNOWN_RULES: ReadonlySet<unknown> = new Set(
  Object.entries(classValidator)
    .filter(([key, value]) => /^[A-Z0-9_]+$/.test(key) && typeof value === 'string')
    .map(([, value]) => value),
);

/**
 * Reads the metadata of a DTO class once. Gives up, so that the libraries judge each value, at anything that is not plainly understood:
 * groups, validator classes and asynchronous validators, `@Expose`, `@Exclude`, discriminators, accessors, types that are no DTO classes.
 * @internal
 */
export function planDto(type: Type): DtoPlan | undefined {
  const metadata = classValidator.getMetadataStorage().getTargetValidationMetadatas(type, '', false, false);
  if (metadata.length === 0 || hasExposure(type)) return undefined;
  const byField = new Map<string, ValidationMetadata[]>();
  for (const each of metadata) byField.set(each.propertyName, [...(byField.get(each.propertyName) ?? []), each]);
  const fields = new Map<string, FieldPlan>();
  for (const [name, rules] of byField) {
    const field = planField(type, name, rules);
    if (!field) return undefined;
    fields.set(name, field);
  }
  const outward = [...fields.keys()].flatMap((name) =>
    transformerMetadata.findTransformMetadatas(type, name, TransformationType.CLASS_TO_PLAIN),
  );
  return { type, fields, all: [...fields.values()], isPlainOut: outward.length === 0 };
}

function planField(type: Type, name: string, metadata: readonly ValidationMetadata[]): FieldPlan | undefined {
  if (name in (type.prototype as object) || metadata.some(({ groups, validateIf }) => groups?.length || validateIf)) return undefined;
  const designType: unknown = Reflect.getMetadata('design:type', type.prototype as object, name);
  if (designType === Set || designType === Map || designType === Promise) return undefined;
  const typed = transformerMetadata.findTypeMetadata(type, name);
  const nested = typed && nestedType(typed);
  if (typed && !nested) return undefined;
  const nestedRules = metadata.filter((each) => each.type === 'nestedValidation');
  const rules = metadata.filter((each) => !PASSIVE.has(each.type)).map(toRule);
  if (rules.includes(undefined)) return undefined;
  return {
    name,
    nested,
    transforms: transformerMetadata
      .findTransformMetadatas(type, name, TransformationType.PLAIN_TO_CLASS)
      .map(({ transformFn }) => transformFn as FieldPlan['transforms'][number]),
    conditions: metadata
      .filter((each) => each.type === 'conditionalValidation')
      .map(({ constraints }) => constraints[0] as FieldPlan['conditions'][number]),
    rules: rules as FieldRule[],
    isValidatedNested: nestedRules.length > 0,
    allowsList: designType === Array || nestedRules.some(({ each }) => each),
  };
}

/** Kinds of metadata that are no rules of their own. */
const PASSIVE: ReadonlySet<string> = new Set(['conditionalValidation', 'nestedValidation', 'whitelistValidation']);

/** Name of the class that class-validator makes of a validator given in place: by `ValidateBy`, `registerDecorator`, and by its own decorators. */
const IN_PLACE = 'CustomConstraint';

function toRule({ type, name, propertyName: property, each, constraints, constraintCls }: ValidationMetadata): FieldRule | undefined {
  const [constraint, ...more] = classValidator.getMetadataStorage().getTargetValidatorConstraints(constraintCls);
  if (!constraint || more.length > 0 || constraint.async) return undefined;
  const isEach = each === true;
  const { instance } = constraint;
  if (KNOWN_RULES.has(name) || KNOWN_RULES.has(type)) {
    const bound = { constraints } as classValidator.ValidationArguments;
    return { isEach, accepts: (item) => instance.validate(item, bound) === true };
  }
  if ((constraintCls as { name?: unknown }).name !== IN_PLACE) return undefined;
  return {
    isEach,
    accepts: (item, value, object) =>
      isTrue(instance.validate(item, { value, object, property, constraints, targetName: object.constructor.name })),
  };
}

/** A promise is no verdict, and a rejected one is for whoever asks again. */
function isTrue(verdict: unknown): boolean {
  if (isPromiseLike(verdict)) verdict.then(undefined, () => undefined);
  return verdict === true;
}

function nestedType({ typeFunction, options }: NonNullable<ReturnType<typeof transformerMetadata.findTypeMetadata>>): Type | undefined {
  if (!typeFunction || options?.discriminator) return undefined;
  const type: unknown = (typeFunction as () => unknown)();
  return typeof type === 'function' && !BUILT_IN.has(type) ? (type as Type) : undefined;
}

const BUILT_IN: ReadonlySet<unknown> = new Set([String, Number, Boolean, Date, Array, Object, Map, Set, Buffer, Promise]);

function hasExposure(type: Type): boolean {
  const exposed = transformerMetadata.getExposedProperties(type, TransformationType.PLAIN_TO_CLASS);
  const excluded = transformerMetadata.getExcludedProperties(type, TransformationType.PLAIN_TO_CLASS);
  const onWayOut = transformerMetadata.getExcludedProperties(type, TransformationType.CLASS_TO_PLAIN);
  return exposed.length + excluded.length + onWayOut.length > 0 || transformerMetadata.getStrategy(type) !== 'none';
}
