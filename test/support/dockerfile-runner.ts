import { cp, mkdir, stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { Copy, DockerfileParser } from 'dockerfile-ast';
import { runCommand } from './run-command.js';

/** What an image would start with. */
export interface BuiltImage {
  /** Where `/` of the image is. */
  readonly root: string;
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: readonly string[];
  readonly healthcheck: readonly string[];
  readonly user: string;
}

interface Stage {
  readonly name: string;
  readonly root: string;
  workdir: string;
  env: Record<string, string>;
  command: readonly string[];
  healthcheck: readonly string[];
  user: string;
}

/** What never belongs to a context of ours, as .dockerignore says. */
const IGNORED = /(^|\/)(node_modules|dist)(\/|$)|\.spec\.ts$/;

/**
 * Runs the instructions of a Dockerfile one by one in folders, without an engine: each stage has a folder for its root, the base images are
 * the machine itself. Commands run as whoever runs the test.
 *
 * @param context folder that COPY takes from
 * @param folder empty; takes the stages
 */
export async function runDockerfile(text: string, context: string, folder: string): Promise<BuiltImage> {
  const stages: Stage[] = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    const keyword = instruction.getKeyword();
    const words = instruction.getArguments().map((argument) => argument.getValue());
    const content = instruction.getArgumentsContent() ?? '';
    if (keyword === 'FROM') {
      const name = words[1]?.toUpperCase() === 'AS' ? words[2] : String(stages.length);
      const root = join(folder, name);
      await mkdir(root, { recursive: true });
      stages.push({ name, root, workdir: '/', env: {}, command: [], healthcheck: [], user: 'root' });
      continue;
    }
    const from = instruction instanceof Copy ? instruction.getFromFlag()?.getValue() : undefined;
    const origin = from ? stages.find(({ name }) => name === from)?.root : context;
    if (origin === undefined) throw new Error(`There is no stage ${from}`);
    await step(stages[stages.length - 1], keyword, words, content, { path: origin, isContext: !from });
  }
  return stages[stages.length - 1];
}

/** Where COPY takes from: the context, or another stage. */
interface Origin {
  readonly path: string;
  readonly isContext: boolean;
}

async function step(stage: Stage, keyword: string, words: readonly string[], content: string, origin: Origin): Promise<void> {
  const inStage = (path: string): string => join(stage.root, path.startsWith('/') ? path : join(stage.workdir, path));
  switch (keyword) {
    case 'WORKDIR':
      stage.workdir = words[0];
      await mkdir(inStage('.'), { recursive: true });
      return;
    case 'ENV':
      stage.env = { ...stage.env, ...Object.fromEntries(words.map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string])) };
      return;
    case 'RUN':
      await runCommand('sh', ['-c', content], inStage('.'), stage.env);
      return;
    case 'COPY':
      return copy(words, inStage, origin);
    case 'USER':
      stage.user = words[0];
      return;
    case 'CMD':
      stage.command = JSON.parse(content) as string[];
      return;
    case 'HEALTHCHECK':
      stage.healthcheck = JSON.parse(content.slice(content.indexOf('['))) as string[];
      return;
    case 'EXPOSE':
      return;
    default:
      throw new Error(`${keyword} is an instruction that this runner does not know`);
  }
}

async function copy(words: readonly string[], inStage: (path: string) => string, { path: origin, isContext }: Origin): Promise<void> {
  const [target, ...sources] = [...words].reverse();
  for (const source of sources) {
    const path = join(origin, source);
    const isFolder = (await stat(path)).isDirectory();
    const destination = inStage(isFolder || !target.endsWith('/') ? target : join(target, basename(source)));
    const filter = (each: string): boolean => !isContext || !IGNORED.test(relative(origin, each));
    await cp(path, destination, { recursive: true, filter, verbatimSymlinks: true });
  }
}
