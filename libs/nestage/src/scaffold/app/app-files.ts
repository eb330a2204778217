import { dtoFile, handlerFile, type HandlerNames, specFile } from '../handler-files.js';
import { DEPENDENCIES, DEV_DEPENDENCIES } from './app-versions.js';

/** What a new app is made of. @internal */
export interface AppNames {
  /** Name of the package and of the service. */
  readonly name: string;
  /** Which nestage it asks for: a range, or `file:` and a path. */
  readonly nestage: string;
}

const HANDLER: HandlerNames = { name: 'echo', className: 'Echo', extension: '.js' };

/** The files of a new app by their path. @internal */
export function appFiles(names: AppNames): ReadonlyMap<string, string> {
  return new Map([
    ['package.json', json(packageFile(names))],
    ['tsconfig.json', json(TYPESCRIPT)],
    ['nest-cli.json', json({ $schema: 'https://json.schemastore.org/nest-cli', collection: '@nestjs/schematics', sourceRoot: 'src' })],
    ['jest.config.mjs', JEST],
    ['.gitignore', 'node_modules/\ndist/\nlogs/\n.env\n'],
    ['README.md', readmeFile(names)],
    ['src/main.ts', MAIN],
    ['src/app.module.ts', moduleFile(names)],
    ['src/echo/echo.dto.ts', dtoFile(HANDLER)],
    ['src/echo/echo.handler.ts', handlerFile(HANDLER)],
    ['src/echo/echo.handler.spec.ts', specFile(HANDLER)],
  ]);
}

const json = (value: object): string => `${JSON.stringify(value, undefined, 2)}\n`;

function packageFile({ name, nestage }: AppNames): object {
  return {
    name,
    version: '0.1.0',
    private: true,
    type: 'module',
    engines: { node: '>=20.19' },
    scripts: { start: 'nest start', 'start:dev': 'nest start --watch', build: 'nest build', test: 'jest' },
    dependencies: { ...DEPENDENCIES, nestage },
    devDependencies: DEV_DEPENDENCIES,
    // The release that @nestjs/common asks for wants Node 22.
    overrides: { 'file-type': '21.3.4' },
  };
}

const TYPESCRIPT = {
  compilerOptions: {
    target: 'ES2022',
    lib: ['ES2023'],
    module: 'NodeNext',
    moduleResolution: 'NodeNext',
    types: ['node', 'jest'],
    rootDir: './src',
    outDir: './dist',
    sourceMap: true,
    strict: true,
    strictPropertyInitialization: false, // fields of DTOs are filled from requests
    experimentalDecorators: true,
    emitDecoratorMetadata: true,
    useDefineForClassFields: false,
    isolatedModules: true,
    esModuleInterop: true,
    skipLibCheck: true,
  },
  include: ['src'],
};

const JEST = `const compiler = {
  swcrc: false,
  sourceMaps: true,
  jsc: {
    target: 'es2022',
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
  },
  module: { type: 'commonjs' },
};

export default {
  testEnvironment: 'node',
  roots: ['<rootDir>/src'],
  testRegex: '\\\\.spec\\\\.ts$',
  transform: { '^.+\\\\.ts$': ['@swc/jest', compiler], '^.+\\\\.m?js$': ['@swc/jest', { ...compiler, jsc: { target: 'es2022' } }] },
  // Packages that are ES modules only: jest can't require those.
  transformIgnorePatterns: ['/node_modules/(?!(nestage|@nestjs|file-type|strtok3|token-types|uint8array-extras|@tokenizer|@borewit|load-esm|uid|iterare)/)'],
  moduleNameMapper: { '^(\\\\.{1,2}/.*)\\\\.js$': '$1' },
};
`;

const MAIN = `import { startWebService } from 'nestage';
import { AppModule } from './app.module.js';

await startWebService(AppModule);
`;

const moduleFile = ({ name }: AppNames): string => `import { Module } from '@nestjs/common';
import { WebServiceModule } from 'nestage';
import { EchoHandler } from './echo/echo.handler.js';

@Module({
  imports: [WebServiceModule.forRoot({ service: '${name}' })],
  providers: [EchoHandler],
})
export class AppModule {}
`;

const readmeFile = ({ name }: AppNames): string => `# ${name}

\`\`\`sh
npm start     # http://127.0.0.1:8000
npm test
\`\`\`

\`\`\`sh
curl -H 'content-type: application/json' -d '{"text": "hello"}' http://127.0.0.1:8000/v1/echo
\`\`\`

The API document is at \`/docs\`, health at \`/health\`, the log in \`logs/web_service.log\`. Another handler:

\`\`\`sh
npx nest g -c nestage stage-handler summary
\`\`\`
`;
