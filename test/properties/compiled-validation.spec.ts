import 'reflect-metadata';
import { Exclude, Expose, plainToInstance, Transform, Type } from 'class-transformer';
import * as v from 'class-validator';
import { ChatCompletionRequest, EmbeddingsRequest } from 'nestage/openai';
import fc from 'fast-check';
import { DtoCompiler } from '../../libs/nestage/src/core/validation/compiled/dto-compiler.js';
import { KNOWN_RULES } from '../../libs/nestage/src/core/validation/compiled/dto-plan.js';
import { findMisplacedArrays } from '../../libs/nestage/src/core/validation/find-misplaced-arrays.js';

type Mode = 'drop' | 'keep' | 'refuse';
type Class = new () => object;

/** The verdict of the libraries themselves, and the instance that they make. */
function slow(dto: Class, value: object, mode: Mode): object | undefined {
  const instance = toInstance(dto, value);
  if (instance === CRASH) return CRASH;
  if (findMisplacedArrays(instance).length > 0) return undefined;
  const options = { whitelist: mode !== 'keep', forbidNonWhitelisted: mode === 'refuse', forbidUnknownValues: false };
  try {
    return v.validateSync(instance, options).length === 0 ? instance : undefined;
  } catch {
    return undefined; // some of its checks throw at odd values, such as 7e-323 under maxDecimalPlaces
  }
}

/** class-transformer breaks at objects with a key `constructor`; where ours drops them unread there is nothing to compare with. */
const CRASH = {};

function toInstance(dto: Class, value: object): object {
  try {
    return plainToInstance(dto, clone(value));
  } catch {
    return CRASH;
  }
}

/** A deep copy made of this realm's own objects, as `JSON.parse` makes them. */
function clone<T>(value: T): T {
  if (Array.isArray(value)) return value.map(clone) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, clone(each) as unknown])) as T;
}

/** Every decorator of class-validator that checks one value, with constraints it takes and values that it likes. */
const DECORATORS: readonly (readonly [string, PropertyDecorator, ...unknown[]])[] = [
  ['IsDefined', v.IsDefined(), 1],
  ['Equals', v.Equals('a'), 'a'],
  ['NotEquals', v.NotEquals('a'), 'b'],
  ['IsEmpty', v.IsEmpty(), '', null],
  ['IsNotEmpty', v.IsNotEmpty(), 'a'],
  ['IsIn', v.IsIn(['a', 1]), 'a', 1],
  ['IsNotIn', v.IsNotIn(['a', 1]), 'b'],
  ['IsBoolean', v.IsBoolean(), true, false],
  ['IsDate', v.IsDate()],
  ['IsNumber', v.IsNumber(), 1, 1.5, -0],
  ['IsNumber maxDecimalPlaces', v.IsNumber({ maxDecimalPlaces: 1 }), 1.5, 1.55],
  ['IsInt', v.IsInt(), 1, 2 ** 60],
  ['IsString', v.IsString(), 'a', ''],
  ['IsArray', v.IsArray(), [], [1]],
  ['IsEnum', v.IsEnum({ A: 'a', B: 1 }), 'a', 1],
  ['IsDivisibleBy', v.IsDivisibleBy(3), 3, 4],
  ['IsPositive', v.IsPositive(), 1, 0],
  ['IsNegative', v.IsNegative(), -1],
  ['Min', v.Min(2), 2, 1],
  ['Max', v.Max(2), 2, 3],
  ['MinDate', v.MinDate(new Date(0))],
  ['MaxDate', v.MaxDate(new Date(0))],
  ['IsBooleanString', v.IsBooleanString(), 'true', '1'],
  ['IsDateString', v.IsDateString(), '2024-01-01T00:00:00Z', '2024-01-01'],
  ['IsISO8601', v.IsISO8601(), '2024-01-01'],
  ['IsNumberString', v.IsNumberString(), '1', '1.5'],
  ['Contains', v.Contains('a'), 'bab'],
  ['NotContains', v.NotContains('a'), 'b'],
  ['IsAlpha', v.IsAlpha(), 'abc'],
  ['IsAlphanumeric', v.IsAlphanumeric(), 'abc1'],
  ['IsDecimal', v.IsDecimal(), '1.1'],
  ['IsAscii', v.IsAscii(), 'a'],
  ['IsBase32', v.IsBase32(), 'ME======'],
  ['IsBase64', v.IsBase64(), 'YQ=='],
  ['IsBIC', v.IsBIC(), 'SBICKEN1345'],
  ['IsByteLength', v.IsByteLength(2, 4), 'abc', 'ü'],
  ['IsCreditCard', v.IsCreditCard(), '4111111111111111'],
  ['IsCurrency', v.IsCurrency(), '$10'],
  ['IsDataURI', v.IsDataURI(), 'data:text/plain;base64,YQ=='],
  ['IsEmail', v.IsEmail(), 'user@example.com'],
  ['IsFQDN', v.IsFQDN(), 'example.com'],
  ['IsFullWidth', v.IsFullWidth(), 'ａ'],
  ['IsHalfWidth', v.IsHalfWidth(), 'a'],
  ['IsVariableWidth', v.IsVariableWidth(), 'aａ'],
  ['IsHexColor', v.IsHexColor(), '#fff'],
  ['IsHexadecimal', v.IsHexadecimal(), 'ff'],
  ['IsHSL', v.IsHSL(), 'hsl(1,1%,1%)'],
  ['IsIBAN', v.IsIBAN(), 'DE89370400440532013000'],
  ['IsIP', v.IsIP(), '127.0.0.1'],
  ['IsISBN', v.IsISBN(), '9783161484100'],
  ['IsISIN', v.IsISIN(), 'US0378331005'],
  ['IsISSN', v.IsISSN(), '0317-8471'],
  ['IsISO31661Alpha2', v.IsISO31661Alpha2(), 'DE'],
  ['IsISO31661Alpha3', v.IsISO31661Alpha3(), 'DEU'],
  ['IsISO4217CurrencyCode', v.IsISO4217CurrencyCode(), 'EUR'],
  ['IsISO31661Numeric', v.IsISO31661Numeric(), '276'],
  ['IsISO6391', v.IsISO6391(), 'de'],
  ['IsBase58', v.IsBase58(), 'abc'],
  ['IsBtcAddress', v.IsBtcAddress(), '1BoatSLRHtKNngkdXEeobR76b53LETtpyT'],
  ['IsEAN', v.IsEAN(), '4006381333931'],
  ['IsEthereumAddress', v.IsEthereumAddress(), `0x${'a'.repeat(40)}`],
  ['IsIdentityCard', v.IsIdentityCard('ES'), '12345678Z'],
  ['IsISRC', v.IsISRC(), 'USRC17607839'],
  ['IsJSON', v.IsJSON(), '{}'],
  ['IsJWT', v.IsJWT(), 'eyJhIjoxfQ.eyJhIjoxfQ.c2ln'],
  ['IsLatitude', v.IsLatitude(), 1, '1'],
  ['IsLongitude', v.IsLongitude(), 1, '1'],
  ['IsLatLong', v.IsLatLong(), '1,1'],
  ['IsLocale', v.IsLocale(), 'en'],
  ['IsLowercase', v.IsLowercase(), 'a'],
  ['IsUppercase', v.IsUppercase(), 'A'],
  ['IsMACAddress', v.IsMACAddress(), '01:02:03:04:05:ab'],
  ['IsMagnetURI', v.IsMagnetURI(), `magnet:?xt=urn:btih:${'a'.repeat(40)}`],
  ['IsMilitaryTime', v.IsMilitaryTime(), '12:00'],
  ['IsMimeType', v.IsMimeType(), 'image/png'],
  ['IsMobilePhone', v.IsMobilePhone(), '+4915123456789'],
  ['IsMongoId', v.IsMongoId(), 'a'.repeat(24)],
  ['IsMultibyte', v.IsMultibyte(), 'ａ'],
  ['IsOctal', v.IsOctal(), '0o7'],
  ['IsPassportNumber', v.IsPassportNumber('DE'), 'C01X00T47'],
  ['IsPhoneNumber', v.IsPhoneNumber(), '+4915123456789'],
  ['IsPort', v.IsPort(), '80'],
  ['IsPostalCode', v.IsPostalCode('DE'), '10115'],
  ['IsRFC3339', v.IsRFC3339(), '2024-01-01T00:00:00Z'],
  ['IsRgbColor', v.IsRgbColor(), 'rgb(1,1,1)'],
  ['IsSemVer', v.IsSemVer(), '1.0.0'],
  ['IsStrongPassword', v.IsStrongPassword(), 'aA1!aaaa'],
  ['IsSurrogatePair', v.IsSurrogatePair(), '😀'],
  ['IsTaxId', v.IsTaxId('de-DE'), '26954371827'],
  ['IsTimeZone', v.IsTimeZone(), 'Europe/Berlin'],
  ['IsUrl', v.IsUrl(), 'https://example.com'],
  ['IsUUID', v.IsUUID(), '123e4567-e89b-42d3-a456-426614174000'],
  ['IsFirebasePushId', v.IsFirebasePushId(), '-M-Jh_1KAL-aaaaaaaaa'],
  ['IsHash', v.IsHash('md5'), 'a'.repeat(32)],
  ['Length', v.Length(2, 3), 'ab'],
  ['MinLength', v.MinLength(2), 'ab'],
  ['MaxLength', v.MaxLength(2), 'ab'],
  ['Matches', v.Matches(/^a+$/), 'aa'],
  ['IsObject', v.IsObject(), {}, { a: 1 }],
  ['IsNotEmptyObject', v.IsNotEmptyObject(), { a: 1 }],
  ['IsInstance', v.IsInstance(Date)],
  ['ArrayContains', v.ArrayContains([1]), [1, 2]],
  ['ArrayNotContains', v.ArrayNotContains([1]), [2]],
  ['ArrayNotEmpty', v.ArrayNotEmpty(), [1]],
  ['ArrayMinSize', v.ArrayMinSize(1), [1]],
  ['ArrayMaxSize', v.ArrayMaxSize(1), [1]],
  ['ArrayUnique', v.ArrayUnique(), [1, 2]],
  ['IsString each', v.IsString({ each: true }), ['a'], 'a', []],
  ['Min each', v.Min(1, { each: true }), [1, 2], [0]],
  ['Allow', v.Allow(), 1],
  ['IsOptional', v.IsOptional(), undefined, null, 1],
  ['ValidateIf', v.ValidateIf((object: { other?: unknown }) => object.other === true), 1],
];

/** JSON values, those that a decorator likes among them. */
const values = (liked: readonly unknown[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: liked.length > 0 ? fc.constantFrom(...liked) : fc.constant('x') },
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom<unknown>(undefined, null, '', 0, -1, 1.5, [], {}, [[]], [null], 'a', '127.0.0.1'),
  );

function classWith(decorators: readonly PropertyDecorator[]): Class {
  class Dto {}
  decorators.forEach((decorate) => decorate(Dto.prototype, 'field'));
  return Dto;
}

class Leaf {
  @v.IsString() name: string;
  @v.IsOptional() @v.IsInt() size?: number;
}

class Branch {
  @v.ValidateNested() @Type(() => Leaf) leaf: Leaf;
  @v.IsOptional() @v.IsArray() @v.ValidateNested({ each: true }) @Type(() => Leaf) leaves?: Leaf[];
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  @v.IsString()
  @v.MinLength(1)
  text: string;
  @v.IsObject() free: Record<string, unknown>;
  @v.Allow() preset = 'preset';
}

const keys = fc.constantFrom('leaf', 'leaves', 'text', 'free', 'preset', 'extra', 'name', 'size', 'constructor', 'toString');
const trees: fc.Arbitrary<object> = fc.letrec<{ value: unknown; object: object }>((tie) => ({
  value: fc.oneof(
    fc.string({ maxLength: 3 }),
    fc.integer(),
    fc.constant(null),
    fc.boolean(),
    tie('object'),
    fc.array(tie('object'), { maxLength: 2 }),
  ),
  object: fc.oneof(
    fc.record({ name: fc.string({ maxLength: 3 }), size: fc.integer() }, { requiredKeys: ['name'] }),
    fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
  ),
})).object;
const likelyGood = fc.record({
  leaf: fc.record({ name: fc.string({ maxLength: 3 }) }),
  text: fc.string({ maxLength: 3 }),
  free: fc.dictionary(fc.string({ maxLength: 3 }), fc.jsonValue({ maxDepth: 1 }), { maxKeys: 2 }),
});

describe('Compiled validation', () => {
  const compiler = new DtoCompiler();

  describe.each(['drop', 'keep', 'refuse'] as const)('with undeclared keys: %s', (mode) => {
    it.each(DECORATORS.map(([name, decorator, ...liked]) => ({ name, decorator, liked })))(
      'accepts only what class-validator accepts, as the same instance: $name',
      ({ decorator, liked }) => {
        const dto = classWith([decorator]);
        let accepted = 0;
        let acceptable = 0;
        const check = (value: object): void => {
          const expected = slow(dto, value, mode);
          const fast = compiler.tryAccept(dto, clone(value), mode);
          if (expected) acceptable++;
          if (!fast || expected === CRASH) return;
          accepted++;
          expect(fast).toEqual(expected);
          expect(fast.constructor).toBe(dto);
        };
        const extras = fc.dictionary(keys, fc.jsonValue({ maxDepth: 1 }), { maxKeys: mode === 'refuse' ? 0 : 2 });
        fc.assert(
          fc.property(values(liked), extras, (field, extra) => check(field === undefined ? extra : { ...extra, field })),
          { numRuns: 60 },
        );
        for (const field of liked) check(field === undefined ? {} : { field });
        expect(accepted > 0 || acceptable === 0).toBe(true); // the compiler knows this decorator
      },
    );

    it('accepts nested values as the libraries do', () => {
      let accepted = 0;
      fc.assert(
        fc.property(
          fc.oneof(
            trees,
            likelyGood,
            fc.tuple(likelyGood, trees).map(([good, tree]) => ({ ...good, leaves: [tree] })),
          ),
          (value) => {
            const fast = compiler.tryAccept(Branch, clone(value), mode);
            if (!fast || slow(Branch, value, mode) === CRASH) return;
            accepted++;
            expect(fast).toEqual(slow(Branch, value, mode));
          },
        ),
        { numRuns: 2000 },
      );
      expect(accepted).toBeGreaterThan(100);
    });
  });

  it('has every decorator of class-validator in its table', () => {
    const inTable = new Set(DECORATORS.map(([name]) => name.split(' ')[0]));
    const others = [
      'ValidateNested',
      'ValidateBy',
      'ValidatePromise',
      'Validate',
      'ValidatorConstraint',
      'ValidationTypes',
      'ValidateIf',
      'ValidateNestedBy',
    ];
    const decorators = Object.keys(v).filter((name) => /^[A-Z][a-z]/.test(name) && typeof v[name as keyof typeof v] === 'function');
    const isDecorator = (name: string): boolean => KNOWN_RULES.has(name[0].toLowerCase() + name.slice(1));
    expect(decorators.filter((name) => isDecorator(name) && !inTable.has(name) && !others.includes(name))).toEqual([]);
  });

  it('leaves to the libraries what it does not plainly understand', () => {
    @v.ValidatorConstraint()
    class Anything {
      validate(): boolean {
        return true;
      }
    }
    class Custom {
      @v.Validate(Anything) field: string;
    }
    class Awaited {
      @v.ValidateBy({ name: 'ownRule', async: true, validator: { validate: async () => true } }) field: string;
    }
    class Promising {
      @v.ValidateBy({ name: 'ownRule', validator: { validate: () => Promise.reject(new Error('asked too early')) } }) field: string;
    }
    class Grouped {
      @v.IsString({ groups: ['a'] }) field: string;
    }
    class Renamed {
      @Expose({ name: 'other' }) @v.IsString() field: string;
    }
    class Hidden {
      @Exclude() @v.IsString() field: string;
    }
    class Dated {
      @Type(() => Date) @v.IsDate() field: Date;
    }
    class Computed {
      @v.IsString() get field(): string {
        return 'a';
      }
    }
    for (const dto of [Custom, Awaited, Promising, Grouped, Renamed, Hidden, Dated, Computed])
      expect(compiler.tryAccept(dto, { field: 'a' }, 'keep')).toBeUndefined();
  });

  it('asks checks given in place as class-validator does: of the value, in its instance', async () => {
    const asked: unknown[] = [];
    const validate = (item: unknown, { value, property, constraints, targetName, object }: v.ValidationArguments): boolean => {
      asked.push([item, value, property, constraints, targetName, { ...object }]);
      return item !== 'bad';
    };
    class Own {
      @v.ValidateBy({ name: 'ownRule', constraints: [7], validator: { validate: validate as never } }) one: string;
      @v.ValidateBy({ name: 'ownRule', validator: { validate: validate as never } }, { each: true }) many: string[];
    }
    const body = { one: 'a', many: ['b', 'c'] };
    expect(compiler.tryAccept(Own, body, 'drop')).toBeInstanceOf(Own);
    const byCompiler = asked.splice(0);
    await v.validate(Object.assign(new Own(), body));
    expect(byCompiler).toEqual(asked);
    expect(compiler.tryAccept(Own, { ...body, many: ['b', 'bad'] }, 'drop')).toBeUndefined();
  });

  it('knows the whole request of a chat', () => {
    const chat = { model: 'm', messages: [{ role: 'user', content: 'Hello' }], stop: ['x'], tool_choice: 'auto' };
    expect(compiler.tryAccept(ChatCompletionRequest, chat, 'drop')).toBeInstanceOf(ChatCompletionRequest);
    expect(compiler.tryAccept(ChatCompletionRequest, { ...chat, stop: [''] }, 'drop')).toBeUndefined();
    expect(compiler.tryAccept(EmbeddingsRequest, { input: ['a', 'b'] }, 'drop')).toBeInstanceOf(EmbeddingsRequest);
  });
});
