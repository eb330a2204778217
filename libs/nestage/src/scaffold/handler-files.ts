/** What the files of a handler are made of. @internal */
export interface HandlerNames {
  /** In kebab case, as in file names: `invoice-text`. */
  readonly name: string;
  /** In Pascal case, as in class names: `InvoiceText`. */
  readonly className: string;
  /** What relative imports end with: `.js` in an ESM project, nothing in a CommonJS one. */
  readonly extension: '.js' | '';
}

/** The DTOs of a new handler. @internal */
export const dtoFile = ({ className }: HandlerNames): string => `import { IsNotEmpty, IsString } from 'class-validator';

export class ${className}Request {
  @IsString()
  @IsNotEmpty()
  text!: string;
}

export class ${className}Response {
  @IsString()
  result!: string;
}
`;

/** A new handler, its four stages in place. @internal */
export const handlerFile = ({
  name,
  className,
  extension,
}: HandlerNames): string => `import { type StageContext, StageHandler } from 'nestage';
import { ${className}Request, ${className}Response } from './${name}.dto${extension}';

/** Answers POST /v1/${name}. */
@StageHandler('/v1/${name}', { request: ${className}Request, response: ${className}Response })
export class ${className}Handler {
  /** Once, before the first request: load the model here. */
  async initialize(): Promise<void> {}

  /** Cheap work on the request, which has been validated. */
  preProcess({ text }: ${className}Request): string {
    return text.trim();
  }

  /** The model. It should stop soon after \`context.signal\` fires. */
  async run(text: string, context: StageContext): Promise<string> {
    context.logger.info(\`\${text.length} characters\`);
    return text;
  }

  postProcess(result: string): ${className}Response {
    return { result };
  }
}
`;

/** Its spec: the stages without HTTP. @internal */
export const specFile = ({ name, className, extension }: HandlerNames): string => `import { runStages } from 'nestage/testing';
import { ${className}Handler } from './${name}.handler${extension}';

describe('${className}Handler', () => {
  it('answers a request', async () => {
    const { response } = await runStages(new ${className}Handler(), { text: ' hello ' });
    expect(response).toEqual({ result: 'hello' });
  });

  it('refuses a request without a text', async () => {
    await expect(runStages(new ${className}Handler(), {})).rejects.toThrow('text');
  });
});
`;
