import 'reflect-metadata';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as classValidator from 'class-validator';
import { planDto } from '../../libs/nestage/src/core/validation/compiled/dto-plan.js';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/03-validation.md'), 'utf8');

/** The names between a heading of the page and the next. */
function listedUnder(heading: string): string[] {
  const [, section = ''] = PAGE.split(`\n### ${heading}\n`);
  return [...section.split('\n#')[0].matchAll(/`@(\w+)`/g)].map(([, name]) => name).sort();
}

@classValidator.ValidatorConstraint()
class Anything implements classValidator.ValidatorConstraintInterface {
  validate(): boolean {
    return true;
  }
}

/** What decorators are given that can't be used without. */
const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  IsEnum: [{ A: 'a' }],
  Validate: [Anything],
  ValidateBy: [{ name: 'own', validator: { validate: () => true } }],
  ValidateIf: [() => true],
};

/** Exports of class-validator that are classes, and no decorators of fields. */
const CLASSES = ['MetadataStorage', 'ValidationError', 'ValidationTypes', 'Validator', 'ValidatorConstraint'];

const decorators = Object.entries(classValidator)
  .filter(([name, value]) => /^[A-Z][A-Za-z0-9]*[a-z]/.test(name) && typeof value === 'function' && !CLASSES.includes(name))
  .map(([name, value]) => [name, value as (...given: readonly unknown[]) => PropertyDecorator] as const);

function isCompiled([name, decorator]: (typeof decorators)[number]): boolean {
  class Dto {
    field: unknown;
  }
  decorator(...(ARGUMENTS[name] ?? []))(Dto.prototype, 'field');
  expect([name, classValidator.getMetadataStorage().getTargetValidationMetadatas(Dto, '', false, false).length > 0]).toEqual([name, true]);
  return planDto(Dto) !== undefined;
}

const namesOf = (list: typeof decorators): string[] => list.map(([name]) => name).sort();

describe('docs/03-validation.md', () => {
  it('lists exactly the decorators that are compiled', () => {
    expect(namesOf(decorators.filter(isCompiled))).toEqual(listedUnder('Compiled'));
  });

  it('lists exactly those of the others that class-validator brings', () => {
    expect(listedUnder('Left to class-validator')).toEqual(namesOf(decorators.filter((each) => !isCompiled(each))));
  });
});
