import { join, normalize, type Path, strings } from '@angular-devkit/core';
import { chain, type Rule, SchematicsException, type Tree } from '@angular-devkit/schematics';
import {
  formatFiles,
  isEsmProject,
  mergeSourceRoot,
  ModuleDeclarator,
  ModuleFinder,
  NameParser,
  normalizeToKebabOrSnakeCase,
} from '@nestjs/schematics';
import { dtoFile, type HandlerNames, handlerFile, specFile } from '../handler-files.js';

/** Options of `nest g -c nestage stage-handler`, as schematics/stage-handler.schema.json has them. @internal */
export interface StageHandlerSchema {
  readonly name: string;
  readonly path?: string;
  readonly sourceRoot?: string;
  readonly flat?: boolean;
  readonly spec?: boolean;
  readonly specFileSuffix?: string;
  readonly skipImport?: boolean;
  readonly format?: boolean;
}

/**
 * Creates a handler, its DTOs and its spec, and lists the handler among the providers of the nearest module.
 * @throws SchematicsException without a name, or with one that is no name of a class
 * @internal
 */
export function stageHandler(given: StageHandlerSchema): Rule {
  const location = new NameParser().parse({ name: given.name, path: given.path });
  const name = normalizeToKebabOrSnakeCase(location.name);
  if (!/^[a-z][\w-]*$/.test(name)) throw new SchematicsException(`"${given.name}" is no name for a handler: begin with a letter.`);
  const target = { path: location.path as string, sourceRoot: given.sourceRoot };
  return chain([
    mergeSourceRoot(target),
    (tree) => {
      const folder = given.flat ? normalize(target.path) : join(normalize(target.path), name);
      createFiles(tree, folder, name, given);
      if (!given.skipImport) register(tree, folder, name);
    },
    given.format ? formatFiles() : (tree) => tree,
    (tree, { logger }) => {
      if (!importsModule(tree, given.sourceRoot ?? 'src'))
        logger.info('Import WebServiceModule.forRoot() of nestage in your root module, so that the handler is served.');
    },
  ]);
}

function createFiles(tree: Tree, folder: Path, name: string, { spec = true, specFileSuffix = 'spec' }: StageHandlerSchema): void {
  const names: HandlerNames = { name, className: strings.classify(name), extension: isEsmProject(tree) ? '.js' : '' };
  tree.create(join(folder, `${name}.dto.ts`), dtoFile(names));
  tree.create(join(folder, `${name}.handler.ts`), handlerFile(names));
  if (spec) tree.create(join(folder, `${name}.handler.${specFileSuffix}.ts`), specFile(names));
}

function register(tree: Tree, folder: Path, name: string): void {
  const module = new ModuleFinder(tree).find({ name, path: folder });
  const content = module && tree.readText(module);
  if (!content) return;
  const declared = new ModuleDeclarator().declare(content, {
    name,
    path: folder,
    module,
    type: 'handler',
    metadata: 'providers',
    isEsm: isEsmProject(tree),
  });
  tree.overwrite(module, declared);
}

function importsModule(tree: Tree, sourceRoot: string): boolean {
  let isImported = false;
  tree.getDir(sourceRoot).visit((path) => {
    if (path.endsWith('.ts')) isImported ||= tree.readText(path).includes('WebServiceModule');
  });
  return isImported;
}
