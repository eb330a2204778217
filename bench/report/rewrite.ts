import { readFileSync, writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';

/** Changes a page of Markdown, and leaves it as the formatter would. */
export async function rewrite(file: string, change: (page: string) => string): Promise<void> {
  const options = await resolveConfig(file);
  writeFileSync(file, await format(change(readFileSync(file, 'utf8')), { ...options, parser: 'markdown' }));
}
