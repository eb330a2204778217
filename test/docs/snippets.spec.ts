import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { type Fence, fencesOf } from '../support/markdown-fences.js';

const root = join(import.meta.dirname, '../..');
const files = [
  'README.md',
  'README.zh.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Modules whose exports a snippet may use without importing them: a page would repeat the same line over and over. */
const KNOWN_MODULES = [
  'nestage',
  'nestage/dashboard',
  'nestage/jobs',
  'nestage/mcp',
  'nestage/openai',
  'nestage/queue',
  'nestage/security',
  'nestage/uploads',
  'nestage/testing',
  'nestage/terminus',
  'nestage/threads',
  '@nestjs/common',
  '@nestjs/core',
  '@nestjs/terminus',
  'class-validator',
  'class-transformer',
  'node:fs/promises',
];

describe('TypeScript snippets of the documentation', () => {
  it('compile', () => {
    const fences = files
      .flatMap((file) => fencesOf(join(root, file)))
      .filter(({ language, code }) => language === 'ts' && !code.startsWith('// examples/')); // those are files, compiled and run as such
    expect(fences.length).toBeGreaterThan(10);
    const broken = compile(fences);
    expect(broken).toEqual([]);
  });

  it('are found broken when they are', () => {
    const fence = { file: 'x.md', line: 10, language: 'ts', mark: undefined, code: "const n: number = seconds('1');\nmissing();\n" };
    expect(compile([fence])).toEqual([
      "x.md:10: Argument of type 'string' is not assignable to parameter of type 'number'.",
      "x.md:11: Cannot find name 'missing'.",
    ]);
  });
});

/** Type errors of all snippets, each compiled as a module of its own with the repository's own settings. */
function compile(fences: readonly Fence[]): string[] {
  const config = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path));
  const { options } = ts.parseJsonConfigFileContent(config.config, ts.sys, root);
  const sources = new Map(fences.map((fence, index) => [join(root, `docs/snippet-${index}.ts`), fence]));
  const prelude = importsOf(options);
  const headOf = (code: string): string => prelude(code);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const textOf = (path: string): string | undefined => {
    const code = sources.get(path)?.code;
    return code === undefined ? undefined : `${headOf(code)}\n${code}\nexport {};\n`;
  };
  host.fileExists = (path) => sources.has(path) || fileExists.call(host, path);
  host.readFile = (path) => textOf(path) ?? readFile.call(host, path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = textOf(path);
    return text === undefined ? getSourceFile.call(host, path, language, ...rest) : ts.createSourceFile(path, text, language, true);
  };
  const program = ts.createProgram([...sources.keys()], { ...options, noEmit: true, rootDir: root }, host);
  return [...sources].flatMap(([path, fence]) => {
    const source = program.getSourceFile(path);
    const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return diagnostics.map(({ start = 0, messageText }) => {
      const line = (source?.getLineAndCharacterOfPosition(start).line ?? 0) - 1;
      return `${fence.file.replace(`${root}/`, '')}:${fence.line + line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  });
}

/** One line of imports for those names of the known modules that a snippet uses and does not import or declare itself. */
function importsOf(options: ts.CompilerOptions): (code: string) => string {
  const entry = join(root, 'docs/known-modules.ts');
  const text = KNOWN_MODULES.map((name, index) => `import * as m${index} from '${name}'; m${index};`).join('\n');
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.fileExists = (path) => path === entry || fileExists.call(host, path);
  host.getSourceFile = (path, ...rest) =>
    path === entry ? ts.createSourceFile(path, text, rest[0], true) : getSourceFile.call(host, path, ...rest);
  const program = ts.createProgram([entry], { ...options, noEmit: true, rootDir: root }, host);
  const checker = program.getTypeChecker();
  const declarations = program.getSourceFile(entry)?.statements.filter(ts.isImportDeclaration) ?? [];
  const moduleOf = new Map<string, string>();
  declarations.forEach(({ moduleSpecifier }, index) => {
    const symbol = checker.getSymbolAtLocation(moduleSpecifier);
    for (const { name } of symbol ? checker.getExportsOfModule(symbol) : []) {
      if (!moduleOf.has(name)) moduleOf.set(name, KNOWN_MODULES[index]);
    }
  });
  return (code) => {
    const own = new Set([...code.matchAll(/\b(?:class|function|const|let|interface|type|enum)\s+(\w+)/g)].map((match) => match[1]));
    for (const match of code.matchAll(/import\s+(?:type\s+)?([^;]+?)\s+from/g))
      for (const name of match[1].match(/\w+/g) ?? []) own.add(name);
    const used = new Set(code.match(/\b[A-Za-z_]\w*\b/g));
    const names = [...used].filter((name) => moduleOf.has(name) && !own.has(name));
    return names.map((name) => `import { ${name} } from '${moduleOf.get(name)}';`).join(' ');
  };
}
