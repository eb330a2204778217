import { applyDecorators } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';

/** Which tool is to be called: `none`, `auto`, `required`, or an object that names one or several. @publicApi */
export type ToolChoice = string | Readonly<Record<string, unknown>>;

const TOOL_CHOICES: unknown[] = ['none', 'auto', 'required'];
const MAX_STOPS = 16;

/** A text, or a list of texts, none of them empty. @internal */
export const IsStop = (): PropertyDecorator =>
  applyDecorators(
    ValidateBy({
      name: 'isStop',
      validator: { validate: isStop, defaultMessage: () => `stop must be a string or an array of 1 to ${MAX_STOPS} strings, none empty` },
    }),
    JSONSchema({ oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' }, maxItems: MAX_STOPS }] }),
  );

/** A `ToolChoice`. @internal */
export const IsToolChoice = (): PropertyDecorator =>
  applyDecorators(
    ValidateBy({
      name: 'isToolChoice',
      validator: { validate: isToolChoice, defaultMessage: () => 'tool_choice must be none, auto, required or an object with a type' },
    }),
    JSONSchema({
      oneOf: [
        { type: 'string', enum: TOOL_CHOICES },
        { type: 'object', required: ['type'] },
      ],
    }),
  );

function isStop(value: unknown): boolean {
  const all: readonly unknown[] = Array.isArray(value) ? value : [value];
  return all.length > 0 && all.length <= MAX_STOPS && all.every((each) => typeof each === 'string' && each !== '');
}

function isToolChoice(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return TOOL_CHOICES.includes(value);
  return typeof (value as { type?: unknown }).type === 'string';
}
