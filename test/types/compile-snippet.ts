import { join } from 'node:path';
import ts from 'typescript';

const ROOT = join(import.meta.dirname, '../..');

/** What the compiler says of one line of a snippet. */
export interface SnippetFault {
  /** Text of the line, without what surrounds it. */
  readonly line: string;
  /** All messages of the line, the deepest reasons included. */
  readonly message: string;
}

/**
 * Compiles snippets as files of this repository would be, against the library's sources. The library is read once for all snippets.
 */
export class SnippetCompiler {
  private readonly options = this.readOptions();
  private readonly texts = new Map<string, string>();
  private readonly trees = new Map<string, ts.SourceFile | undefined>();
  private program: ts.Program | undefined;

  compile(snippet: string): SnippetFault[] {
    const name = join(ROOT, 'test/types', `snippet-${this.texts.size}.ts`);
    this.texts.set(name, snippet);
    const program = ts.createProgram({ rootNames: [name], options: this.options, host: this.host(), oldProgram: this.program });
    this.program = program;
    const file = program.getSourceFile(name);
    if (!file) throw new Error('the snippet was not read');
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((found) => {
      const { line } = file.getLineAndCharacterOfPosition(found.start ?? 0);
      return { line: snippet.split('\n')[line].trim(), message: ts.flattenDiagnosticMessageText(found.messageText, '\n') };
    });
  }

  private host(): ts.CompilerHost {
    const host = ts.createCompilerHost(this.options);
    const { getSourceFile, fileExists, readFile } = host;
    return {
      ...host,
      fileExists: (name) => this.texts.has(name) || fileExists(name),
      readFile: (name) => this.texts.get(name) ?? readFile(name),
      getSourceFile: (name, version) => {
        const text = this.texts.get(name);
        if (!this.trees.has(name)) {
          this.trees.set(name, text === undefined ? getSourceFile(name, version) : ts.createSourceFile(name, text, version));
        }
        return this.trees.get(name);
      },
    };
  }

  private readOptions(): ts.CompilerOptions {
    const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile) as { config: unknown };
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    return { ...options, noEmit: true };
  }
}
