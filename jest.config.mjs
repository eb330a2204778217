import { availableParallelism } from 'node:os';

const typescript = {
  swcrc: false,
  sourceMaps: true,
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
  module: { type: 'commonjs', ignoreDynamic: false },
};
const javascript = { swcrc: false, module: { type: 'commonjs' }, jsc: { target: 'es2022', parser: { syntax: 'ecmascript' } } };

/** Packages that are ESM only and that tests reach: compiled to CommonJS, since jest can't require ESM on Node 20. */
const esmOnly = [
  '@nestjs',
  'file-type',
  'strtok3',
  'token-types',
  'uint8array-extras',
  '@tokenizer',
  '@borewit',
  'load-esm',
  'uid',
  'iterare',
  'fast-check',
  'pure-rand',
  '@seriousme',
];

export default {
  // Many tests wait for other processes: two at a time, even where there is but one processor to spare.
  maxWorkers: Math.max(2, Math.floor(availableParallelism() / 2)),
  // Far more than any test needs: it ends those that wait in vain, and is no measure of speed.
  testTimeout: 180_000,
  testEnvironment: 'node',
  roots: ['<rootDir>/libs', '<rootDir>/apps', '<rootDir>/test', '<rootDir>/bench'],
  testRegex: String.raw`\.(spec|e2e-spec)\.ts$`,
  transform: { [String.raw`^.+\.ts$`]: ['@swc/jest', typescript], [String.raw`^.+\.m?js$`]: ['@swc/jest', javascript] },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: {
    '^nestage$': '<rootDir>/libs/nestage/src/index.ts',
    '^nestage/(.*)$': '<rootDir>/libs/nestage/src/$1/index.ts',
    [String.raw`^(\.{1,2}/.*)\.js$`]: '$1',
  },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/libs/nestage/dist'],
  coverageProvider: 'v8',
};
