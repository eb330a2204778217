import { dirname, posix } from 'node:path';
import ts from 'typescript';

/** Sources by their path below the library's `src`, with `/` between folders. */
export type Sources = ReadonlyMap<string, string>;

/** The layer of each room; files beside the rooms, which put them together, are the uppermost one. */
const LAYERS: Readonly<Record<string, number>> = {
  common: 0,
  core: 1,
  logging: 2,
  resilience: 2,
  metrics: 2,
  alerts: 2,
  batching: 2,
  caching: 2,
  threads: 2,
  processes: 2,
  terminus: 2,
  http: 3,
  express: 4,
  openai: 4,
  jobs: 4,
  security: 4,
  uploads: 4,
  queue: 4,
  mcp: 4,
  dashboard: 5,
  scaffold: 5,
  testing: 5,
};
const ROOT_LAYER = 5;
/** Layers whose rooms must not know each other. */
const SEPARATE: ReadonlySet<number> = new Set([2, 4]);

const CORE_PACKAGES = [
  '@nestjs/common',
  '@nestjs/core',
  'class-transformer',
  'class-validator',
  'class-validator-jsonschema',
  'node-os-utils',
  'reflect-metadata',
  'rxjs',
];

/** The only places that may import a package, types included, so that whoever does not use the room need not have it. */
const HOMES: Readonly<Record<string, readonly string[]>> = {
  '@fastify/static': ['api-document.ts'],
  '@nestjs/platform-express': ['http/express/', 'http/create-adapter.ts'],
  '@nestjs/platform-fastify': ['http/fastify/', 'http/create-adapter.ts'],
  '@nestjs/swagger': ['api-document.ts'],
  '@nestjs/terminus': ['terminus/'],
  '@nestjs/throttler': ['security/'],
  '@opentelemetry/api': ['metrics/'],
  'prom-client': ['metrics/'],
  'lru-cache': ['caching/'],
  winston: ['logging/'],
  'winston-daily-rotate-file': ['logging/'],
  'winston-transport': ['logging/'],
  '@angular-devkit/core': ['scaffold/schematics/'],
  '@angular-devkit/schematics': ['scaffold/schematics/'],
  '@nestjs/schematics': ['scaffold/schematics/'],
  '@nestjs/testing': ['testing/'],
  'class-validator-jsonschema': ['core/schema/', 'openai/'],
  piscina: ['threads/'],
  bullmq: ['queue/'],
  '@modelcontextprotocol/sdk': ['mcp/'],
  ioredis: ['queue/'],
  express: [],
  fastify: [],
  openai: [],
};

/** Process-wide things and their only places. */
const PROCESS_HOMES: Readonly<Record<string, readonly string[]>> = {
  exit: ['process-binding.ts', 'primary-binding.ts'],
  abort: [],
  kill: [],
  exitCode: ['process-binding.ts', 'scaffold/cli.ts'],
  on: ['process-binding.ts', 'primary-binding.ts'],
  // the second: PATH, as whatever starts a program looks at it; the third: what a worker is told at its birth, by nobody else
  env: ['environment.ts', 'core/resources/gpu-sampler.ts', 'core/processes/worker-birth.ts'],
};

const CONTEXT_STORAGE = 'core/context/context-storage.ts';
const MUTATORS: ReadonlySet<string> = new Set(
  'set add push unshift pop shift splice delete clear sort reverse fill copyWithin enterWith'.split(' '),
);
const EMPTY_STATE = /^(?:Map|Set|WeakMap|WeakSet)$/;

interface Import {
  readonly from: string;
  /** Path of a source, or the name of a package. */
  readonly to: string;
  readonly isPackage: boolean;
  readonly isValue: boolean;
  /** Loaded when the module is, not when some code asks for it. */
  readonly isStatic: boolean;
}

/** Everything in the sources that breaks a rule, one sentence each. */
export function findViolations(sources: Sources): string[] {
  const files = [...sources].map(([path, text]) => ({ path, tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true) }));
  const imports = files.flatMap(({ path, tree }) => importsOf(path, tree));
  return [
    ...imports.flatMap((each) => [...wrongDirection(each), ...wrongPackage(each), ...importedIndex(each)]),
    ...imports
      .filter(({ to, isPackage }) => !isPackage && !sources.has(to))
      .map(({ from, to }) => `${from} imports ${to}, which is not there`),
    ...cycles(imports),
    ...files.flatMap(({ path, tree }) => statementFaults(path, tree)),
  ];
}

/** Packages that some source imports, with one source of each. */
export function importedPackages(sources: Sources): ReadonlyMap<string, string> {
  const imports = [...sources].flatMap(([path, text]) => importsOf(path, ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)));
  return new Map(imports.filter(({ isPackage, to }) => isPackage && !to.startsWith('node:')).map(({ from, to }) => [to, from]));
}

/** Packages that are loaded with a source, by itself or through what it imports; with `types`, also those that only types come from. */
export function packagesLoadedWith(entry: string, sources: Sources, options: { readonly types?: boolean } = {}): ReadonlySet<string> {
  return loadedWith(entry, sources, options).packages;
}

/** The same, and the sources on the way. */
export function loadedWith(
  entry: string,
  sources: Sources,
  { types = false } = {},
): Readonly<Record<'packages' | 'seen', ReadonlySet<string>>> {
  const packages = new Set<string>();
  const seen = new Set<string>();
  const visit = (path: string): void => {
    const text = sources.get(path);
    if (seen.has(path) || text === undefined) return;
    seen.add(path);
    const imports = importsOf(path, ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true));
    for (const { to, isPackage } of imports.filter(({ isValue, isStatic }) => isStatic && (isValue || types))) {
      if (isPackage) packages.add(to);
      else visit(to);
    }
  };
  visit(entry);
  return { packages, seen };
}

function importsOf(from: string, tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, isValue: boolean, isStatic = true): void => {
    if (!specifier || !ts.isStringLiteralLike(specifier)) return;
    const { text } = specifier;
    const isPackage = !text.startsWith('.');
    const to = isPackage ? packageOf(text) : posix.join(dirname(from), text.replace(/\.js$/, '.ts'));
    found.push({ from, to, isPackage, isValue, isStatic });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isValueImport(node.importClause));
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, isValueExport(node));
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, false);
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) add(node.arguments[0], true, false);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isValueImport(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return true;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return false;
  const { name, namedBindings } = clause;
  return (
    name !== undefined || !namedBindings || ts.isNamespaceImport(namedBindings) || namedBindings.elements.some((each) => !each.isTypeOnly)
  );
}

function isValueExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return false;
  return !exportClause || ts.isNamespaceExport(exportClause) || exportClause.elements.some((each) => !each.isTypeOnly);
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

const roomOf = (path: string): string => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

function layerOf(path: string): number | undefined {
  const room = roomOf(path);
  return room === '' ? ROOT_LAYER : LAYERS[room];
}

function wrongDirection({ from, to, isPackage }: Import): string[] {
  if (isPackage) return [];
  const [lower, upper] = [layerOf(to), layerOf(from)];
  if (upper === undefined) return [`${from} is in a folder that has no layer: give it one in ARCHITECTURE.md and here`];
  if (lower === undefined) return [`${from} imports ${to}, whose folder has no layer`];
  if (lower > upper) return [`${from} (layer ${upper}) imports ${to} (layer ${lower}): imports go down`];
  const isForeign = lower === upper && roomOf(from) !== roomOf(to);
  return isForeign && SEPARATE.has(lower) ? [`${from} imports ${to}: rooms of layer ${lower} don't know each other`] : [];
}

function wrongPackage({ from, to, isPackage }: Import): string[] {
  if (!isPackage) return [];
  const layer = layerOf(from) ?? ROOT_LAYER;
  if (!to.startsWith('node:') && (layer === 0 || (layer === 1 && !CORE_PACKAGES.includes(to))))
    return [`${from} imports ${to}: not in ${roomOf(from)}`];
  const homes = Object.hasOwn(HOMES, to) ? HOMES[to] : undefined;
  return !homes || homes.some((home) => from.startsWith(home)) ? [] : [`${from} imports ${to}: ${homes.join(' and ') || 'nobody'} may`];
}

function importedIndex({ from, to, isPackage }: Import): string[] {
  return !isPackage && /(?:^|\/)index\.ts$/.test(to) ? [`${from} imports ${to}: name the file itself`] : [];
}

/** Each set of modules that are loaded by each other, as one way around. */
function cycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const { from, to, isPackage, isValue, isStatic } of imports) {
    if (!isPackage && isValue && isStatic) next.set(from, [...(next.get(from) ?? []), to]);
  }
  const found = new Map<string, string>();
  const done = new Set<string>();
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start >= 0) {
      const round = way.slice(start);
      found.set([...round].sort().join(), `${[...round, path].join(' -> ')} is a cycle of value imports`);
      return;
    }
    if (done.has(path)) return;
    for (const to of next.get(path) ?? []) visit(to, [...way, path]);
    done.add(path);
  };
  for (const path of next.keys()) visit(path, []);
  return [...found.values()];
}

function statementFaults(path: string, tree: ts.SourceFile): string[] {
  const faults: string[] = [];
  const say = (node: ts.Node, text: string): void => {
    faults.push(`${path}:${tree.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${text}`);
  };
  const state = moduleState(path, tree, say);
  const visit = (node: ts.Node): void => {
    if (ts.isExportDeclaration(node) && (!node.exportClause || ts.isNamespaceExport(node.exportClause)))
      say(node, 'has "export *": export by name');
    if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
      const { text } = node.expression;
      if (text === 'console') say(node, 'uses console: write to the log');
      if (text === 'process') processFault(path, node, say);
    }
    if (ts.isPropertyDeclaration(node)) staticFault(node, say);
    const changed = changedName(node);
    if (changed && state.has(changed)) say(node, `changes "${changed}", which is state of the module: keep state in providers`);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return faults;
}

type Say = (node: ts.Node, text: string) => void;

function processFault(path: string, node: ts.PropertyAccessExpression, say: Say): void {
  const name = /^(?:once|addListener|prependListener)$/.test(node.name.text) ? 'on' : node.name.text;
  const homes = Object.hasOwn(PROCESS_HOMES, name) ? PROCESS_HOMES[name] : undefined;
  if (!homes || homes.includes(path)) return;
  const [first, second] = ts.isCallExpression(node.parent) ? node.parent.arguments : [];
  if (name === 'on' && first && ts.isStringLiteral(first) && first.text === 'exit') return; // looks on: nothing of the process changes
  if (name === 'kill' && second && second.getText() === '0') return; // asks whether there is such a process, and sends nothing
  say(node, `uses process.${name}: ${homes.join(' and ') || 'nobody'} may`);
}

/** Names of a module's own constants that hold something that can change; says what is state by its very form. */
function moduleState(path: string, tree: ts.SourceFile, say: Say): ReadonlySet<string> {
  const names = new Set<string>();
  for (const statement of tree.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    const { flags, declarations } = statement.declarationList;
    if (statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword)) continue;
    if (!(flags & ts.NodeFlags.Const)) say(statement, 'has a variable of the module: keep state in providers');
    for (const { name, initializer } of declarations) {
      if (ts.isIdentifier(name)) names.add(name.text);
      const made = initializer && ts.isNewExpression(initializer) && ts.isIdentifier(initializer.expression) ? initializer : undefined;
      const type = made && (made.expression as ts.Identifier).text;
      if (type && EMPTY_STATE.test(type) && !made.arguments?.length)
        say(statement, `has an empty ${type} of the module: keep state in providers`);
      if (type === 'AsyncLocalStorage' && path !== CONTEXT_STORAGE)
        say(statement, `has a second AsyncLocalStorage: use ${CONTEXT_STORAGE}`);
    }
  }
  return names;
}

function staticFault(node: ts.PropertyDeclaration, say: Say): void {
  const has = (kind: ts.SyntaxKind): boolean => node.modifiers?.some((modifier) => modifier.kind === kind) ?? false;
  if (has(ts.SyntaxKind.StaticKeyword) && !has(ts.SyntaxKind.ReadonlyKeyword))
    say(node, 'has a static field that can change: keep state in providers');
}

/** The name at the root of what a node assigns to or changes by a method: `state` of `state.byName[key] = 1` and `state.push(1)`. */
function changedName(node: ts.Node): string | undefined {
  if (ts.isBinaryExpression(node) && isAssignment(node.operatorToken.kind) && !ts.isIdentifier(node.left)) return rootName(node.left);
  if (ts.isDeleteExpression(node)) return rootName(node.expression);
  if ((ts.isPrefixUnaryExpression(node) || ts.isPostfixUnaryExpression(node)) && isStep(node.operator) && !ts.isIdentifier(node.operand))
    return rootName(node.operand);
  if (!ts.isCallExpression(node) || !ts.isPropertyAccessExpression(node.expression)) return undefined;
  const { expression, name } = node.expression;
  if (MUTATORS.has(name.text)) return rootName(expression);
  const isAssign = expression.getText() === 'Object' && (name.text === 'assign' || name.text.startsWith('defineProp'));
  return isAssign && node.arguments[0] ? rootName(node.arguments[0]) : undefined;
}

const isAssignment = (operator: ts.SyntaxKind): boolean =>
  operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;

const isStep = (operator: ts.SyntaxKind): boolean => operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;

function rootName(node: ts.Node): string | undefined {
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node) || ts.isElementAccessExpression(node) || ts.isNonNullExpression(node))
    return rootName(node.expression);
  return ts.isParenthesizedExpression(node) || ts.isAsExpression(node) ? rootName(node.expression) : undefined;
}
