import 'reflect-metadata';
import { Type } from 'class-transformer';
import {
  IsArray,
  IsIn,
  IsInt,
  IsNumber,
  IsOptional,
  IsPositive,
  IsString,
  Matches,
  MaxLength,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { FromQuery } from '../stage/request-fields.decorator.js';
import { DtoSchemas } from './dto-schemas.js';

class Point {
  @IsNumber()
  x: number;
}

class Shape {
  @IsIn(['line', 'area'])
  kind: string;

  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Point)
  points: Point[];

  @IsOptional()
  @ValidateNested()
  @Type(() => Shape)
  within?: Shape;
}

const Even = (): PropertyDecorator => ValidateBy({ name: 'isEven', validator: { validate: (value) => Number(value) % 2 === 0 } });

class Drawing extends Shape {
  @IsString()
  @MaxLength(20)
  @Matches(/^[a-z]+$/)
  name: string;

  @IsPositive()
  scale: number = 1.5;

  @Even()
  layer: number;

  @FromQuery()
  @IsInt()
  @Min(1)
  page: number;

  @IsOptional()
  @JSONSchema({ oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] })
  tags?: string | string[];
}

describe('DtoSchemas', () => {
  it('reads the decorators, inner classes by reference, also of a class within itself', () => {
    const schemas = new DtoSchemas('openapi');
    expect(schemas.refTo(Shape)).toEqual({ $ref: '#/components/schemas/Shape' });
    expect(schemas.definitions).toEqual({
      Point: { type: 'object', properties: { x: { type: 'number' } }, required: ['x'] },
      Shape: {
        type: 'object',
        properties: {
          kind: { type: 'string', enum: ['line', 'area'] },
          points: { type: 'array', items: { $ref: '#/components/schemas/Point' } },
          within: { $ref: '#/components/schemas/Shape' },
        },
        required: ['kind', 'points'],
      },
    });
  });

  it('knows what is inherited, begins with a value, or is only declared', () => {
    expect(new DtoSchemas('openapi').schemaOf(Drawing)).toMatchObject({
      properties: {
        kind: { enum: ['line', 'area'] },
        name: { type: 'string', maxLength: 20, pattern: '^[a-z]+$' },
        scale: { minimum: 0, exclusiveMinimum: true, default: 1.5 },
        layer: { type: 'number' },
        page: { type: 'integer', minimum: 1 },
        tags: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }] },
      },
      required: ['name', 'layer', 'page', 'kind', 'points'],
    });
  });

  it('leaves what comes from path and query out of the body', () => {
    const { properties, required } = new DtoSchemas('openapi').bodyOf(Drawing);
    expect(properties).not.toHaveProperty('page');
    expect(required).not.toContain('page');
  });

  it('writes bounds and references as each dialect does', () => {
    const schemas = new DtoSchemas('json-schema');
    expect(schemas.schemaOf(Drawing).properties).toMatchObject({ scale: { exclusiveMinimum: 0 }, within: { $ref: '#/$defs/Shape' } });
  });

  it('keeps two classes of one name apart', () => {
    const other = (() => {
      class Point {
        @IsString()
        label: string;
      }
      return Point;
    })();
    const schemas = new DtoSchemas('openapi');
    expect([schemas.refTo(Point), schemas.refTo(other), schemas.refTo(other)]).toEqual(
      ['Point', 'Point2', 'Point2'].map((name) => ({ $ref: `#/components/schemas/${name}` })),
    );
  });

  it('takes the words of @ApiProperty and of the compiler plugin', () => {
    class Told {
      static _OPENAPI_METADATA_FACTORY(): object {
        return { name: { required: true, type: () => String, description: 'from a comment' } };
      }

      @IsString()
      name: string;

      @IsString()
      city: string;
    }
    Reflect.defineMetadata('swagger/apiModelProperties', { type: String, example: 'Rome', required: false }, Told.prototype, 'city');
    expect(new DtoSchemas('openapi').schemaOf(Told).properties).toEqual({
      name: { type: 'string', description: 'from a comment' },
      city: { type: 'string', example: 'Rome' },
    });
  });
});
