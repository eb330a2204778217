import { jsonFault, type JsonSchema } from './check-json.js';

const invoice: JsonSchema = {
  type: 'object',
  properties: {
    number: { type: 'string', minLength: 3, pattern: '^[0-9]+$' },
    lines: { type: 'array', minItems: 1, maxItems: 3, items: { $ref: '#/$defs/line' } },
    paid: { type: ['boolean', 'null'] },
    currency: { enum: ['EUR', 'CHF'] },
    version: { const: 1 },
  },
  required: ['number', 'lines'],
  additionalProperties: false,
  $defs: {
    line: {
      type: 'object',
      properties: { price: { type: 'number', exclusiveMinimum: 0, multipleOf: 0.01 }, count: { type: 'integer', maximum: 10 } },
      required: ['price'],
    },
  },
};

const good = { number: '0117', lines: [{ price: 249.99, count: 2 }], paid: null, currency: 'EUR', version: 1 };

describe(jsonFault.name, () => {
  it('finds nothing wrong with what fits', () => {
    expect(jsonFault(good, invoice)).toBeUndefined();
    expect(jsonFault('anything', true)).toBeUndefined();
    expect(jsonFault('anything', {})).toBeUndefined();
  });

  it.each<[unknown, string]>([
    [[], '$ must be an object'],
    [{ lines: [{ price: 1 }] }, '$.number is missing'],
    [{ ...good, number: 117 }, '$.number must be a string'],
    [{ ...good, number: '1' }, '$.number must be at least 3 characters long'],
    [{ ...good, number: 'abc' }, '$.number must match ^[0-9]+$'],
    [{ ...good, lines: [] }, '$.lines must have at least 1 items'],
    [{ ...good, lines: [{}] }, '$.lines[0].price is missing'],
    [{ ...good, lines: [{ price: 1 }, { price: 0 }] }, '$.lines[1].price must be more than 0'],
    [{ ...good, lines: [{ price: 0.001 }] }, '$.lines[0].price must be a multiple of 0.01'],
    [{ ...good, lines: [{ price: 1, count: 1.5 }] }, '$.lines[0].count must be an integer'],
    [{ ...good, lines: [{ price: 1, count: 11 }] }, '$.lines[0].count must be at most 10'],
    [{ ...good, paid: 'no' }, '$.paid must be a boolean or null'],
    [{ ...good, currency: 'USD' }, '$.currency must be "EUR" or "CHF"'],
    [{ ...good, version: 2 }, '$.version must be 1'],
    [{ ...good, more: 1 }, '$.more must not be there'],
  ])('%j: %s', (value, fault) => {
    expect(jsonFault(value, invoice)).toBe(fault);
  });

  it('knows the ways to combine schemas', () => {
    const either: JsonSchema = { anyOf: [{ type: 'string' }, { type: 'number', minimum: 5 }] };
    expect([jsonFault('a', either), jsonFault(6, either), jsonFault(4, either)]).toEqual([undefined, undefined, '$ must be a string']);
    expect(jsonFault(6, { oneOf: [{ type: 'number' }, { minimum: 5 }] })).toBe('$ must fit exactly one of the forms of oneOf');
    expect(jsonFault(6, { allOf: [{ type: 'number' }, { maximum: 5 }] })).toBe('$ must be at most 5');
    expect(jsonFault(6, { not: { type: 'number' } })).toBe('$ must not fit "not"');
    expect(jsonFault([1, 'a', 2], { prefixItems: [{ type: 'number' }, { type: 'string' }], items: false })).toBe('$[2] must not be there');
    expect(jsonFault([1, 1], { uniqueItems: true })).toBe('$ must not repeat an item');
  });

  it('ends at schemas that lead back to themselves, and at trees that are too deep', () => {
    expect(jsonFault(1, { $ref: '#' })).toBe('$ is nested too deeply');
    const tree: JsonSchema = { type: 'object', properties: { child: { $ref: '#' } } };
    expect(jsonFault({ child: { child: { child: {} } } }, tree)).toBeUndefined();
    expect(jsonFault({ child: { child: 3 } }, tree)).toBe('$.child.child must be an object');
  });

  it('does not look at a pattern that is none, or that could take for ever', () => {
    expect(jsonFault('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!', { pattern: '^(a+)+$' })).toBeUndefined();
    expect(jsonFault('a', { pattern: '(' })).toBeUndefined();
  });
});
