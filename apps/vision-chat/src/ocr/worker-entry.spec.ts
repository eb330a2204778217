import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ocrWorkerEntry } from './worker-entry.js';

describe('ocrWorkerEntry', () => {
  it('finds the compiled worker beside a compiled module and needs no hook', () => {
    expect(ocrWorkerEntry('file:///srv/app/dist/ocr/worker-entry.js')).toEqual({ filename: '/srv/app/dist/ocr/ocr.worker.js' });
  });

  it('finds the TypeScript worker beside this module, with a hook that is there', () => {
    const { filename, execArgv } = ocrWorkerEntry();
    expect(filename).toMatch(/ocr\.worker\.ts$/);
    expect(existsSync(filename)).toBe(true);
    expect(existsSync(fileURLToPath(execArgv?.[1] ?? ''))).toBe(true);
  });
});
